package dev.pando.cowstore.io;

import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Tells one mounting of a file system from every other since the host was booted. Device numbers do
 * not: a disk that was lost and came back has the one it had.
 */
final class Mounting {
  /**
   * File systems that get a directory in sysfs when they are mounted, named after their device, and
   * lose it when they are not any more. Its inode number is never used again (64 bits wide, since
   * Linux 5.5).
   */
  private static final List<String> IN_SYSFS = List.of("ext4", "xfs", "f2fs");

  private static final int MINOR_LOW_BITS = 8;
  private static final int MAJOR_BITS = 12;
  private static final int MINOR_HIGH_SHIFT = MINOR_LOW_BITS + MAJOR_BITS;

  private Mounting() {}

  /**
   * A name for what {@code path}'s file system is mounted as; empty if there is none.
   *
   * @param device as st_dev
   */
  static String of(Path path, long device) throws IOException {
    Path block = Path.of("/sys/dev/block", major(device) + ":" + minor(device));
    if (Files.exists(block)) {
      Path name = block.toRealPath().getFileName();
      for (String type : IN_SYSFS) {
        Path directory = Path.of("/sys/fs", type).resolve(name);
        if (Files.isDirectory(directory)) {
          return type + " " + Files.getAttribute(directory, "unix:ino");
        }
      }
    }
    return ofMountPoint(path);
  }

  /** By the mount point, where the kernel numbers them: another one tells less, never too much. */
  private static String ofMountPoint(Path path) {
    NativeMemory result = NativeMemory.allocate(LibC.STATX_BYTES);
    var fields = result.buffer().order(ByteOrder.nativeOrder());
    int failed =
        LibC.CALLS.statx(
            LibC.AT_FDCWD, path.toString(), 0, LibC.STATX_MNT_ID_UNIQUE, result.address());
    boolean known =
        failed == 0 && (fields.getInt(LibC.STATX_MASK_AT) & LibC.STATX_MNT_ID_UNIQUE) != 0;
    return known ? "mount " + fields.getLong(LibC.STATX_MNT_ID_AT) : "";
  }

  /** As gnu_dev_major(3) takes it from a device number of 32 bits. */
  private static long major(long device) {
    return device >>> MINOR_LOW_BITS & (1 << MAJOR_BITS) - 1;
  }

  private static long minor(long device) {
    long low = device & (1 << MINOR_LOW_BITS) - 1;
    return low | device >>> MINOR_HIGH_SHIFT << MINOR_LOW_BITS;
  }
}
