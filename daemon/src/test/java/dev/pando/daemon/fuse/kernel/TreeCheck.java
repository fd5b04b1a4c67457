package dev.pando.daemon.fuse.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.pando.daemon.tree.Attributes;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.FileSystem;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * All names of a tree, with what they stand for, after a look at whether they fit together: what is
 * listed can be looked up, and every inode has as many names as it says.
 *
 * @param entries by inode number of the directory and name: what the entry is
 */
record TreeCheck(Map<String, String> entries) {
  static TreeCheck of(FileSystem tree) throws ErrnoException {
    Map<String, String> entries = new TreeMap<>();
    Map<Long, Integer> names = new HashMap<>();
    Map<Long, Integer> linkCounts = new HashMap<>();
    Deque<Long> directories = new ArrayDeque<>(List.of(FileSystem.ROOT));
    while (!directories.isEmpty()) {
      long directory = directories.pop();
      int subdirectories = 0;
      for (byte[] name : names(tree, directory)) {
        Attributes found = new Attributes();
        tree.lookup(directory, name, found);
        entries.put(
            directory + "/" + new String(name, StandardCharsets.ISO_8859_1),
            "%d %o %d %d".formatted(found.node, found.mode, found.sizeBytes, found.linkCount));
        if ((found.mode & 0170000) == 0040000) {
          subdirectories++;
          directories.push(found.node);
        } else {
          names.merge(found.node, 1, Integer::sum);
          linkCounts.put(found.node, found.linkCount);
        }
      }
      Attributes attributes = new Attributes();
      tree.attributes(directory, attributes);
      assertEquals(2 + subdirectories, attributes.linkCount, "links of directory " + directory);
    }
    assertEquals(linkCounts, names);
    return new TreeCheck(entries);
  }

  private static List<byte[]> names(FileSystem tree, long directory) throws ErrnoException {
    List<byte[]> names = new ArrayList<>();
    tree.readDirectory(
        directory,
        2,
        false,
        (cookie, node, type, name, attributes) -> {
          names.add(name);
          return true;
        });
    return names;
  }
}
