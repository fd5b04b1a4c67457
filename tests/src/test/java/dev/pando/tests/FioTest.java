package dev.pando.tests;

import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** fio writes to a clone and verifies every block it wrote. */
class FioTest {
  private static final int DISK_MEBIBYTES = 64;
  private static final int LOOPS = Integer.getInteger("pando.long", 1);

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--ioengine=libaio --iodepth=16 --direct=1 --bs=4k",
        "--ioengine=libaio --iodepth=16 --direct=1 --bsrange=512-128k",
        "--ioengine=libaio --iodepth=4 --direct=1 --bs=4k --fdatasync=32",
        "--ioengine=psync --bsrange=1k-64k",
        "--ioengine=psync --rw=write --bs=1m --direct=1",
        "--ioengine=mmap --bs=4k",
      })
  void randomWritesToACloneVerify(String options) throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      store.template("base", DISK_MEBIBYTES);
      store.pando("clone", "base", "s01").succeeded();
      Path disk = store.at("s01/s01-flat.vmdk");
      Program.shell(
              "exec fio --name=verify --filename=\"$1\" --size=$2M --rw=randwrite --randrepeat=0"
                  + " --verify=crc32c --verify_fatal=1 --do_verify=1 --verify_state_save=0"
                  + " --loops=$3 "
                  + options,
              disk,
              DISK_MEBIBYTES,
              LOOPS)
          .within(120 * LOOPS)
          .run()
          .succeeded();
    }
  }
}
