package dev.pando.tests.conformance;

import static dev.pando.daemon.tree.Errno.EEXIST;
import static dev.pando.daemon.tree.Errno.EINVAL;
import static dev.pando.daemon.tree.Errno.EISDIR;
import static dev.pando.daemon.tree.Errno.ENOENT;
import static dev.pando.daemon.tree.Errno.ENOTDIR;
import static dev.pando.daemon.tree.Errno.ENOTEMPTY;
import static dev.pando.daemon.tree.Errno.EPERM;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The names of one thread in directories that it shares with others: only it changes them, so it
 * knows exactly what each operation must do to them, whatever the others do.
 */
final class OwnNames {
  private static final int NAMES = 6;

  private final Path root;
  private final String prefix;
  private final int directories;
  private final boolean exchanges;
  private final Random random;
  private final Map<String, Node> model = new TreeMap<>();
  private int made;

  /** What stands behind a name. */
  private static final class Node {
    final int type;
    final String text;
    int links = 1;
    boolean full;

    Node(int type, String text) {
      this.type = type;
      this.text = text;
    }

    boolean isDirectory() {
      return type == Posix.S_IFDIR;
    }
  }

  OwnNames(Path root, String prefix, int directories, boolean exchanges, Random random) {
    this.root = root;
    this.prefix = prefix;
    this.directories = directories;
    this.exchanges = exchanges;
    this.random = random;
  }

  private String someName() {
    return "d" + random.nextInt(directories) + "/" + prefix + random.nextInt(NAMES);
  }

  /** Does something and claims that it had the effect it must have. */
  void step() {
    String name = someName();
    String other = someName();
    switch (random.nextInt(11)) {
      case 0, 1 -> make(name, Posix.S_IFREG);
      case 2 -> make(name, Posix.S_IFDIR);
      case 3 -> make(name, Posix.S_IFLNK);
      case 4 -> link(name, other);
      case 5 -> unlink(name);
      case 6 -> rmdir(name);
      case 7 -> rename(name, other, random.nextInt(3) == 0 ? Posix.RENAME_NOREPLACE : 0);
      case 8 -> rename(name, other, Posix.RENAME_EXCHANGE);
      case 9 -> fillOrEmpty(name);
      default -> list(random.nextInt(directories));
    }
    check(name);
    check(other);
  }

  /** Claims that {@code call} does what the model says: 0 or an errno. Returns whether 0. */
  private boolean does(String what, int errno, Runnable call) {
    int got = 0;
    try {
      call.run();
    } catch (PosixException refusal) {
      got = refusal.errno();
    }
    assertEquals(errno, got, what);
    return got == 0;
  }

  private Path at(String name) {
    return root.resolve(name);
  }

  private void make(String name, int type) {
    String text = type == Posix.S_IFDIR ? "" : prefix + " made " + made++;
    Runnable call =
        switch (type) {
          case Posix.S_IFREG -> () -> create(name, text);
          case Posix.S_IFDIR -> () -> Posix.mkdir(at(name), 0755);
          default -> () -> Posix.symlink(Posix.bytes(text), at(name));
        };
    if (does("make " + name, model.containsKey(name) ? EEXIST : 0, call)) {
      model.put(name, new Node(type, text));
    }
  }

  private void create(String name, String text) {
    int fd = Posix.open(at(name), Posix.O_CREAT | Posix.O_EXCL | Posix.O_WRONLY, 0644);
    Posix.pwrite(fd, Posix.bytes(text), 0);
    Posix.close(fd);
  }

  private void link(String name, String other) {
    Node node = model.get(name);
    int errno =
        node == null ? ENOENT : model.containsKey(other) ? EEXIST : node.isDirectory() ? EPERM : 0;
    if (does(
        "link %s to %s".formatted(other, name), errno, () -> Posix.link(at(name), at(other)))) {
      node.links++;
      model.put(other, node);
    }
  }

  private void unlink(String name) {
    Node node = model.get(name);
    int errno = node == null ? ENOENT : node.isDirectory() ? EISDIR : 0;
    if (does("unlink " + name, errno, () -> Posix.unlink(at(name)))) {
      model.remove(name).links--;
    }
  }

  private void rmdir(String name) {
    Node node = model.get(name);
    int errno = node == null ? ENOENT : !node.isDirectory() ? ENOTDIR : node.full ? ENOTEMPTY : 0;
    if (does("rmdir " + name, errno, () -> Posix.rmdir(at(name)))) {
      model.remove(name);
    }
  }

  private void fillOrEmpty(String name) {
    Node node = model.get(name);
    if (node == null || !node.isDirectory()) {
      return;
    }
    if (node.full) {
      Posix.unlink(at(name + "/inside"));
    } else {
      create(name + "/inside", "inside");
    }
    node.full = !node.full;
  }

  private void rename(String name, String other, int flags) {
    if (flags != 0 && !exchanges) {
      return;
    }
    String what = "rename %s to %s with %d".formatted(name, other, flags);
    if (!does(
        what, errnoOfRename(name, other, flags), () -> Posix.rename(at(name), at(other), flags))) {
      return;
    }
    Node moved = model.get(name);
    Node there = model.get(other);
    if (moved == there) {
      return; // two names of one file, or one: both stay
    }
    model.put(other, moved);
    if (flags == Posix.RENAME_EXCHANGE) {
      model.put(name, there);
    } else {
      model.remove(name);
      if (there != null) {
        there.links--;
      }
    }
  }

  private int errnoOfRename(String name, String other, int flags) {
    Node moved = model.get(name);
    Node there = model.get(other);
    if (moved == null) {
      return ENOENT;
    }
    if (flags == Posix.RENAME_EXCHANGE) {
      return there == null ? ENOENT : 0;
    }
    if (there == null) {
      return 0;
    }
    if (flags == Posix.RENAME_NOREPLACE) {
      return EEXIST;
    }
    if (moved == there) {
      return 0;
    }
    if (moved.isDirectory() != there.isDirectory()) {
      return there.isDirectory() ? EISDIR : ENOTDIR;
    }
    return there.full ? ENOTEMPTY : 0;
  }

  private void list(int directory) {
    String start = "d" + directory + "/";
    Set<String> expected =
        model.keySet().stream()
            .filter(name -> name.startsWith(start))
            .map(name -> name.substring(start.length()))
            .collect(Collectors.toCollection(TreeSet::new));
    var seen =
        Listing.names(root.resolve("d" + directory)).stream()
            .filter(name -> name.startsWith(prefix))
            .toList();
    assertEquals(expected, new TreeSet<>(seen));
    assertEquals(expected.size(), seen.size(), seen::toString);
  }

  /** Claims that a name means what the model says. */
  private void check(String name) {
    Node node = model.get(name);
    if (node == null) {
      does("look for " + name, ENOENT, () -> Posix.lstat(at(name)));
      return;
    }
    Posix.Stat stat = Posix.lstat(at(name));
    assertEquals(node.type, stat.type(), name);
    if (!node.isDirectory()) {
      assertEquals(node.links, stat.links(), name);
      assertEquals(node.text.length(), stat.size(), name);
    }
    if (node.type == Posix.S_IFLNK) {
      assertEquals(node.text, new String(Posix.readlink(at(name)), UTF_8), name);
    } else if (node.type == Posix.S_IFREG) {
      assertEquals(node.text, content(name), name);
    } else {
      does("read the link " + name, EINVAL, () -> Posix.readlink(at(name)));
    }
  }

  private String content(String name) {
    int fd = Posix.open(at(name), Posix.O_RDONLY);
    try {
      return new String(Posix.pread(fd, 100, 0), UTF_8);
    } finally {
      Posix.close(fd);
    }
  }

  /** Claims that all names are as the model says, and no other. */
  void checkAll() {
    model.keySet().forEach(this::check);
    for (int directory = 0; directory < directories; directory++) {
      list(directory);
    }
  }
}
