package dev.pando.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * One spelling for each mount point and store: absolute, and symbolic links followed. Whether the
 * last component is one is all that is asked of it, which the kernel knows by itself: behind it a
 * mount may hang.
 */
final class CanonicalPath {
  /** As many as the kernel follows. */
  private static final int MOST_LINKS = 40;

  private CanonicalPath() {}

  static Path of(Path given) {
    Path path = spelled(given);
    for (int links = 0; links < MOST_LINKS; links++) {
      try {
        path = spelled(path.resolveSibling(Files.readSymbolicLink(path)));
      } catch (IOException isNone) {
        return path;
      }
    }
    return path;
  }

  private static Path spelled(Path given) {
    Path path = given.toAbsolutePath().normalize();
    if (path.getParent() == null) {
      return path;
    }
    try {
      return path.getParent().toRealPath().resolve(path.getFileName());
    } catch (IOException e) {
      return path;
    }
  }
}
