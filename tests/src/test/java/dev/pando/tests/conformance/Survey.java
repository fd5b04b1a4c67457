package dev.pando.tests.conformance;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.tests.conformance.Listing.Entry;
import dev.pando.tests.conformance.Posix.Stat;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A tree as it is found: every name with what stands behind it. */
final class Survey {
  private final Path root;
  private final Map<String, Found> found = new TreeMap<>();
  private final Map<Long, Integer> names = new HashMap<>();
  private final Map<Long, Integer> subdirectories = new HashMap<>();

  /**
   * What a name means.
   *
   * @param text a file's content, a symbolic link's target, else empty
   */
  record Found(
      int mode, long inode, int links, String text, Posix.Time modified, Posix.Time changed) {}

  private Survey(Path root) {
    this.root = root;
  }

  /**
   * Walks the tree below {@code root}, whose files have no name elsewhere, and claims that it is
   * whole: no entry twice, every entry means what its directory says, every link is counted.
   */
  static Survey of(Path root) {
    Survey survey = new Survey(root);
    survey.walk("");
    survey.checkLinks();
    return survey;
  }

  /** By path below the root. */
  Map<String, Found> found() {
    return found;
  }

  private void walk(String directory) {
    List<Entry> entries;
    try (Listing listing = Listing.of(root.resolve(directory))) {
      entries = listing.rest();
    }
    for (Entry entry : entries) {
      if (entry.name().equals(".") || entry.name().equals("..")) {
        continue;
      }
      String path = directory.isEmpty() ? entry.name() : directory + "/" + entry.name();
      Stat stat = Posix.lstat(root.resolve(path));
      assertEquals(stat.inode(), entry.inode(), path);
      assertEquals(stat.mode() >> 12, entry.type(), path);
      boolean isNew = found.put(path, found(path, stat)) == null;
      assertTrue(isNew, () -> path + " is listed twice");
      names.merge(stat.inode(), 1, Integer::sum);
      if (stat.type() == Posix.S_IFDIR) {
        subdirectories.merge(Posix.lstat(root.resolve(directory)).inode(), 1, Integer::sum);
        walk(path);
      }
    }
  }

  private Found found(String path, Stat stat) {
    String text =
        switch (stat.type()) {
          case Posix.S_IFREG -> content(path);
          case Posix.S_IFLNK -> new String(Posix.readlink(root.resolve(path)), ISO_8859_1);
          default -> "";
        };
    return new Found(
        stat.mode(), stat.inode(), stat.links(), text, stat.modified(), stat.changed());
  }

  private String content(String path) {
    int fd = Posix.open(root.resolve(path), Posix.O_RDONLY);
    try {
      return new String(Posix.pread(fd, 1000, 0), ISO_8859_1);
    } finally {
      Posix.close(fd);
    }
  }

  private void checkLinks() {
    found.forEach(
        (path, one) -> {
          boolean isDirectory = (one.mode() & Posix.S_IFMT) == Posix.S_IFDIR;
          int expected =
              isDirectory
                  ? 2 + subdirectories.getOrDefault(one.inode(), 0)
                  : names.get(one.inode());
          assertEquals(expected, one.links(), () -> "links of " + path);
          assertTrue(!isDirectory || names.get(one.inode()) == 1, () -> path + " has two names");
        });
  }
}
