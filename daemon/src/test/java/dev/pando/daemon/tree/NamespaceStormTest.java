package dev.pando.daemon.tree;

import static dev.pando.daemon.tree.TreeBench.CALLER;
import static dev.pando.daemon.tree.TreeBench.bytes;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Many threads change the same few names: whatever the order was, what is left fits together. */
class NamespaceStormTest {
  private static final int THREADS = 6;
  private static final int OPERATIONS = Integer.getInteger("pando.test.operations", 2_000);
  private static final int DIRECTORIES = 4;
  private static final int NAMES = 5;

  /** What may happen to whoever comes second. */
  private static final Set<Integer> LOST_RACES =
      Set.of(
          Errno.ENOENT,
          Errno.EEXIST,
          Errno.ESTALE,
          Errno.ENOTEMPTY,
          Errno.EISDIR,
          Errno.ENOTDIR,
          Errno.EINVAL,
          Errno.EPERM);

  private TreeBench bench;

  @Test
  void concurrentChangesLeaveAWholeTree(@TempDir Path directory) throws Exception {
    long seed = Long.getLong("pando.test.seed", System.nanoTime());
    System.out.println("NamespaceStormTest: -Dpando.test.seed=" + seed);
    bench = new TreeBench(directory);
    for (int i = 0; i < DIRECTORIES; i++) {
      bench.makeDirectory("d" + i);
    }
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    List<Future<?>> storm = new ArrayList<>();
    for (int thread = 0; thread < THREADS; thread++) {
      Random random = new Random(seed + thread);
      storm.add(threads.submit(() -> run(random)));
    }
    for (Future<?> one : storm) {
      one.get();
    }
    threads.shutdown();
    Map<Long, Integer> names = checkTree();
    bench.reopen();
    assertEquals(names, checkTree(), "seed " + seed);
    bench.close();
  }

  private Void run(Random random) throws Exception {
    for (int i = 0; i < OPERATIONS; i++) {
      try {
        operation(random);
      } catch (ErrnoException e) {
        assertTrue(LOST_RACES.contains(e.errno()), "errno " + e.errno());
      }
    }
    return null;
  }

  private void operation(Random random) throws Exception {
    long parent = bench.node("d" + random.nextInt(DIRECTORIES));
    long other = bench.node("d" + random.nextInt(DIRECTORIES));
    byte[] name = bytes("n" + random.nextInt(NAMES));
    byte[] newName = bytes("n" + random.nextInt(NAMES));
    Attributes out = new Attributes();
    switch (random.nextInt(9)) {
      case 0 -> bench.tree().makeDirectory(parent, name, 0755, CALLER, out);
      case 1, 2 -> {
        OpenFile file = bench.tree().create(parent, name, 0644, 2, CALLER, out);
        TreeBench.write(file, 0, "content");
        file.release();
      }
      case 3 -> {
        bench.tree().lookup(parent, name, out);
        OpenFile file = bench.tree().open(out.node, 2, CALLER);
        try {
          bench.tree().unlink(parent, name);
          TreeBench.write(file, random.nextInt(10_000), "more");
          bench.tree().attributes(file.node(), out);
        } finally {
          file.release();
        }
      }
      case 4 -> bench.tree().unlink(parent, name);
      case 5 -> bench.tree().removeDirectory(parent, name);
      case 6 -> bench.tree().rename(parent, name, other, newName, 0);
      case 7 -> bench.tree().rename(parent, name, other, newName, FileSystem.RENAME_EXCHANGE);
      default -> {
        bench.tree().lookup(parent, name, out);
        bench.tree().link(out.node, other, newName, out);
      }
    }
  }

  /** Checks every inode against its names; returns how many names each has. */
  private Map<Long, Integer> checkTree() throws Exception {
    Map<Long, Integer> names = new HashMap<>();
    Map<Long, Integer> subdirectories = new HashMap<>();
    check(FileSystem.ROOT, names, subdirectories);
    for (Map.Entry<Long, Integer> inode : names.entrySet()) {
      Attributes attributes = new Attributes();
      bench.tree().attributes(inode.getKey(), attributes);
      int expected =
          Mode.isDirectory(attributes.mode)
              ? 2 + subdirectories.getOrDefault(inode.getKey(), 0)
              : inode.getValue();
      assertEquals(expected, attributes.linkCount, "inode " + inode.getKey());
    }
    int[] inodes = {0};
    bench
        .store()
        .scan(
            new byte[] {TreeFormat.INODE},
            TreeFormat.endKey(TreeFormat.INODE),
            (key, value) -> {
              inodes[0]++;
              return true;
            });
    assertEquals(names.size() + 1, inodes[0], "inodes with a name, and the root");
    return names;
  }

  private void check(long directory, Map<Long, Integer> names, Map<Long, Integer> subdirectories)
      throws Exception {
    for (TreeEntry entry : bench.tree().view().entries(directory)) {
      long node = entry.node().number();
      names.merge(node, 1, Integer::sum);
      Attributes attributes = new Attributes();
      bench.tree().lookup(directory, entry.nameBytes(), attributes);
      assertEquals(node, attributes.node);
      if (entry.node().isDirectory()) {
        subdirectories.merge(directory, 1, Integer::sum);
        bench.tree().lookup(node, bytes(".."), attributes);
        assertEquals(directory, attributes.node);
        check(node, names, subdirectories);
      }
    }
  }
}
