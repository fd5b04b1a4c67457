package dev.pando.tests.bench;

import dev.pando.tests.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * X: reflinked copies in an XFS on a loop device, with direct I/O where the host's file system
 * takes it.
 */
final class Reflinks implements AutoCloseable {
  private static final int MAKING_SECONDS = 300;

  private final Path mountpoint;
  private final Path image;
  private final Path parent;
  private int made;

  private Reflinks(Path directory) {
    image = directory.resolve("xfs.image");
    mountpoint = directory.resolve("xfs");
    parent = mountpoint.resolve("parent");
  }

  /** Makes the file system in this directory, with a copy of the disk. */
  static Reflinks of(Path directory, Path disk) throws IOException {
    Reflinks reflinks = new Reflinks(directory);
    Files.createDirectory(reflinks.mountpoint);
    try {
      Program.shell(
              """
              set -e
              truncate -s $(($(stat -c %s "$3") * 3 + (1 << 30))) "$1"
              mkfs.xfs -q -m reflink=1 "$1"
              device=$(losetup --find --show --direct-io=on "$1")
              mount "$device" "$2" || status=$?
              losetup --detach "$device"
              [[ -z ${status-} ]] && cp "$3" "$2/parent" && sync -f "$2"
              """,
              reflinks.image, reflinks.mountpoint, disk)
          .within(MAKING_SECONDS)
          .run()
          .succeeded();
      return reflinks;
    } catch (Throwable failure) {
      reflinks.close();
      throw failure;
    }
  }

  /** A new copy; all its extents are shared, which is verified. */
  Subject fresh() throws IOException {
    Path copy = mountpoint.resolve("x" + ++made);
    Program.of("cp", "--reflink=always", parent.toString(), copy.toString()).run().succeeded();
    Program.of("sync", "-f", copy.toString()).run().succeeded();
    String extents = Program.of("filefrag", "-v", copy.toString()).run().succeeded().out();
    long own =
        extents
            .lines()
            .filter(line -> line.matches(" *[0-9]+: .*") && !line.contains("shared"))
            .count();
    if (own > 0) {
      throw new IllegalStateException(copy + " does not share its blocks\n" + extents);
    }
    return new Subject(copy, () -> Files.delete(copy));
  }

  @Override
  public void close() throws IOException {
    Program.shell("umount \"$1\" 2>&-; rm -f \"$2\"; rmdir \"$1\"", mountpoint, image)
        .within(MAKING_SECONDS)
        .run();
  }
}
