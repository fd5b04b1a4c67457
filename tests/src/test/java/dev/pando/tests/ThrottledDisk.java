package dev.pando.tests;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A disk of its own that writes slowly: an ext4 on a loop device, held back by the block I/O
 * controller of cgroups, version 1. A test that wants one is skipped where root can not have it.
 */
final class ThrottledDisk implements AutoCloseable {
  private static final Path BYTES = Path.of("/sys/fs/cgroup/blkio/blkio.throttle.write_bps_device");
  private static final Path OPERATIONS =
      Path.of("/sys/fs/cgroup/blkio/blkio.throttle.write_iops_device");

  private final Path work;
  private final Path directory;
  private final String device;
  private final String number;

  private ThrottledDisk(Path work, String device, String number) {
    this.work = work;
    this.directory = work.resolve("disk");
    this.device = device;
    this.number = number;
  }

  /** Makes one; it is as quick as any until {@link #throttle}. */
  static ThrottledDisk make(int mebibytes) throws IOException {
    assumeTrue(Files.isWritable(BYTES), "no block I/O controller");
    Path work = Files.createTempDirectory("pando-disk-");
    String[] made =
        Program.shell(
                """
                set -e
                truncate -s "$2M" "$1/image"
                mke2fs -q -t ext4 -E lazy_itable_init=0,lazy_journal_init=0 -F "$1/image"
                mkdir "$1/disk"
                device=$(losetup --find --show "$1/image")
                mount "$device" "$1/disk"
                echo "$device $(lsblk -dnro MAJ:MIN "$device")"
                """,
                work,
                mebibytes)
            .run()
            .succeeded()
            .out()
            .strip()
            .split(" ", 2);
    return new ThrottledDisk(work, made[0], made[1]);
  }

  Path directory() {
    return directory;
  }

  void throttle(long bytesASecond, int operationsASecond) throws IOException {
    Files.writeString(BYTES, number + " " + bytesASecond + "\n");
    Files.writeString(OPERATIONS, number + " " + operationsASecond + "\n");
  }

  void free() throws IOException {
    throttle(0, 0);
  }

  @Override
  public void close() throws IOException {
    free();
    Program.shell(
            "umount \"$1/disk\"; losetup -d \"$2\"; rm -rf --one-file-system \"$1\"", work, device)
        .within(120)
        .run();
  }
}
