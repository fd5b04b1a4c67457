package dev.pando.tests;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A file system of its own on a loop device, whose image lies in memory: it can be lost and come
 * back, and lack the room to write. Nothing of it is left when it is closed.
 */
final class OwnDisk implements AutoCloseable {
  private final Path work;

  private OwnDisk(Path work) {
    this.work = work;
  }

  /**
   * Makes one.
   *
   * @param make the command that makes the file system, without the device
   * @param mebibytes the memory it has; it is made for more
   */
  static OwnDisk make(String make, int mebibytes) throws IOException {
    Path work = Files.createTempDirectory("pando-disk-");
    OwnDisk disk = new OwnDisk(work);
    try {
      disk.shell(
          """
          set -e
          mkdir "$1/memory" "$1/disk" "$1/other"
          mount -t tmpfs -o size="$2m" none "$1/memory"
          truncate -s 3G "$1/memory/image"
          $3 "$1/memory/image" >/dev/null
          losetup --find --show "$1/memory/image" >"$1/device"
          mount "$(cat "$1/device")" "$1/disk"
          """,
          mebibytes,
          make);
      return disk;
    } catch (IOException | RuntimeException | Error e) {
      disk.close();
      throw e;
    }
  }

  Path directory() {
    return work.resolve("disk");
  }

  private void shell(String script, Object... more) throws IOException {
    Object[] arguments = new Object[more.length + 1];
    arguments[0] = work;
    System.arraycopy(more, 0, arguments, 1, more.length);
    Program.shell(script, arguments).within(120).run().succeeded();
  }

  /** It goes, with all that is not on it, and comes back as the same device. */
  void loseAndComeBack() throws IOException {
    shell(
        """
        set -e
        xfs_io -x -c shutdown "$1/disk"
        umount "$1/disk"
        mount "$(cat "$1/device")" "$1/disk"
        """);
  }

  /** It is taken from its mount point while it is in use, and mounted there again. */
  void mountAnew() throws IOException {
    shell("set -e; umount -l \"$1/disk\"; mount \"$(cat \"$1/device\")\" \"$1/disk\"");
  }

  /** From now on there is so much memory for what it holds. */
  void resize(int mebibytes) throws IOException {
    shell("mount -o remount,size=\"$2m\" \"$1/memory\"", mebibytes);
  }

  /** The host has what is in files below it in no memory any more, except what is not written. */
  void dropCaches() throws IOException {
    shell("find \"$1/disk\" -type f -exec dd if={} iflag=nocache count=0 status=none ';'");
  }

  @Override
  public void close() throws IOException {
    Program.shell(
            """
            umount -l "$1/disk"
            losetup -d "$(cat "$1/device")"
            umount -l "$1/memory"
            rm -rf --one-file-system "$1"
            """,
            work)
        .within(120)
        .run();
  }
}
