package dev.pando.tests;

import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** fio writes to a clone and verifies every block it wrote. */
class FioTest {
  private static final int DISK_MEBIBYTES = 64;
  private static final int SECONDS = 5 * Integer.getInteger("pando.long", 1);

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--ioengine=libaio --iodepth=16 --direct=1 --bs=4k",
        "--ioengine=libaio --iodepth=16 --direct=1 --bsrange=512-128k --bs_unaligned=0"
            + " --blockalign=512",
        "--ioengine=psync --bsrange=1-64k --bs_unaligned=1",
        "--ioengine=libaio --iodepth=8 --direct=1 --bs=4k --rw=randtrimwrite",
      })
  void randomWritesToACloneVerify(String options) throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      store.template("base", DISK_MEBIBYTES);
      store.pando("clone", "base", "s01").succeeded();
      Path disk = store.at("s01/s01-flat.vmdk");
      Program.shell(
              "exec fio --name=verify --filename=\"$1\" --size=$2M --rw=randwrite --randrepeat=0"
                  + " --verify=crc32c --verify_fatal=1 --do_verify=1 --time_based=0"
                  + " --number_ios=$(($3 * 4000)) "
                  + options,
              disk,
              DISK_MEBIBYTES,
              SECONDS)
          .within(60 + 10 * SECONDS)
          .run()
          .succeeded();
    }
  }
}
