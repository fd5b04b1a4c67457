package dev.pando.cli;

import java.io.IOException;
import java.nio.file.Path;

/**
 * One spelling for each mount point and store: absolute, and the symbolic links before the last
 * component followed. The last component is not looked at, for behind it a mount may hang.
 */
final class CanonicalPath {
  private CanonicalPath() {}

  static Path of(Path given) {
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
