package dev.pando.daemon.tree;

import static dev.pando.daemon.tree.TreeBench.CALLER;
import static dev.pando.daemon.tree.TreeBench.bytes;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Random operations on names, data and attributes, side by side with a plain model. */
class RandomNamespaceTest {
  private static final int OPERATIONS = Integer.getInteger("pando.test.operations", 20_000);
  private static final int NAMES = 7;
  private static final int MAX_OFFSET = 20_000;
  private static final int MAX_OPEN = 20;

  private final TreeModel model = new TreeModel();
  private final Map<TreeModel.Node, Long> numbers = new HashMap<>();

  /** What is open, unlinked or not; a file may be there twice. */
  private final List<Opened> opened = new ArrayList<>();

  private TreeBench bench;
  private Random random;
  private String step;

  private record Opened(TreeModel.Node node, OpenFile file) {}

  @Test
  void aTreeIsWhatAPlainModelSays(@TempDir Path directory) throws Exception {
    long seed = Long.getLong("pando.test.seed", System.nanoTime());
    System.out.println("RandomNamespaceTest: -Dpando.test.seed=" + seed);
    random = new Random(seed);
    bench = new TreeBench(directory);
    numbers.put(model.root, FileSystem.ROOT);
    for (int i = 0; i < OPERATIONS; i++) {
      step = "seed " + seed + ", operation " + i;
      operation();
      if (i % 997 == 996) {
        compareAll();
      }
      if (i % 3989 == 3988) {
        closeAll();
        bench.reopen();
        compareAll();
      }
    }
    closeAll();
    compareAll();
    bench.close();
  }

  private void operation() throws Exception {
    switch (random.nextInt(16)) {
      case 0, 1 -> make(Mode.DIRECTORY);
      case 2, 3 -> make(Mode.REGULAR);
      case 4 -> make(Mode.SYMLINK);
      case 5 -> link();
      case 6, 7 -> remove();
      case 8, 9 -> rename();
      case 10 -> write();
      case 11 -> resize();
      case 12 -> chmod();
      case 13 -> extendedAttribute();
      case 14 -> openOrClose();
      default -> freezeOrThaw();
    }
  }

  // ---- choices

  private TreeModel.Node directory() {
    TreeModel.Node at = model.root;
    while (random.nextInt(4) > 0) {
      List<TreeModel.Node> below =
          at.children.values().stream().filter(TreeModel.Node::isDirectory).toList();
      if (below.isEmpty()) {
        break;
      }
      at = below.get(random.nextInt(below.size()));
    }
    return at;
  }

  private String name() {
    return "n" + random.nextInt(NAMES);
  }

  /** A node in some directory, or null. */
  private TreeModel.Node any() {
    List<TreeModel.Node> nodes = List.copyOf(directory().children.values());
    return nodes.isEmpty() ? null : nodes.get(random.nextInt(nodes.size()));
  }

  private TreeModel.Node anyFile() {
    TreeModel.Node node = any();
    return node != null && node.type == Mode.REGULAR ? node : null;
  }

  private long number(TreeModel.Node node) {
    return numbers.get(node);
  }

  // ---- operations

  private interface Operation {
    void run() throws ErrnoException;
  }

  private void check(String what, int expected, Operation operation) {
    int errno = 0;
    try {
      operation.run();
    } catch (ErrnoException e) {
      errno = e.errno();
    }
    assertEquals(expected, errno, step + ": " + what);
  }

  private void make(int type) {
    TreeModel.Node parent = directory();
    String name = name();
    TreeModel.Node made = new TreeModel.Node(type, type == Mode.SYMLINK ? 0777 : 0640);
    made.content = type == Mode.SYMLINK ? "target of " + name : "";
    Attributes out = new Attributes();
    int expected = model.make(parent, name, made);
    check(
        "make " + name,
        expected,
        () -> {
          long directory = number(parent);
          switch (type) {
            case Mode.DIRECTORY ->
                bench.tree().makeDirectory(directory, bytes(name), 0640, CALLER, out);
            case Mode.SYMLINK ->
                bench.tree().makeSymlink(directory, bytes(name), bytes(made.content), CALLER, out);
            default -> bench.tree().makeNode(directory, bytes(name), 0640, 0, CALLER, out);
          }
        });
    if (expected == 0) {
      numbers.put(made, out.node);
    }
  }

  private void link() {
    TreeModel.Node node = any();
    TreeModel.Node parent = directory();
    String name = name();
    if (node != null) {
      check(
          "link " + name,
          model.link(node, parent, name),
          () -> bench.tree().link(number(node), number(parent), bytes(name), new Attributes()));
    }
  }

  private void remove() {
    TreeModel.Node parent = directory();
    String name = name();
    boolean asDirectory = random.nextBoolean();
    check(
        "remove " + name,
        model.remove(parent, name, asDirectory),
        () -> {
          if (asDirectory) {
            bench.tree().removeDirectory(number(parent), bytes(name));
          } else {
            bench.tree().unlink(number(parent), bytes(name));
          }
        });
  }

  private void rename() {
    TreeModel.Node parent = directory();
    TreeModel.Node newParent = directory();
    String name = name();
    String newName = name();
    int flags = random.nextInt(3);
    check(
        "rename %s to %s, flags %d".formatted(name, newName, flags),
        model.rename(parent, name, newParent, newName, flags),
        () ->
            bench
                .tree()
                .rename(number(parent), bytes(name), number(newParent), bytes(newName), flags));
  }

  private void write() throws ErrnoException {
    int offset = random.nextInt(MAX_OFFSET);
    String text = ("<" + random.nextInt() + ">").repeat(1 + random.nextInt(400));
    if (!opened.isEmpty() && random.nextBoolean()) {
      Opened file = opened.get(random.nextInt(opened.size()));
      check(
          "write through a handle",
          model.write(file.node(), offset, text),
          () -> TreeBench.write(file.file(), offset, text));
      return;
    }
    TreeModel.Node node = anyFile();
    if (node != null) {
      check(
          "write",
          model.write(node, offset, text),
          () -> {
            OpenFile file = bench.tree().open(number(node), TreeBench.READ_WRITE, CALLER);
            TreeBench.write(file, offset, text);
            file.release();
          });
    }
  }

  private void resize() {
    TreeModel.Node node = anyFile();
    if (node != null) {
      AttributeChange change = new AttributeChange();
      change.valid = AttributeChange.SIZE;
      change.sizeBytes = random.nextInt(MAX_OFFSET);
      check(
          "resize",
          model.resize(node, (int) change.sizeBytes),
          () -> bench.tree().setAttributes(number(node), change, new Attributes()));
    }
  }

  private void chmod() {
    TreeModel.Node node = any();
    if (node != null) {
      AttributeChange change = new AttributeChange();
      change.valid = AttributeChange.MODE;
      change.mode = random.nextInt(01000);
      check(
          "chmod",
          model.setMode(node, change.mode),
          () -> bench.tree().setAttributes(number(node), change, new Attributes()));
    }
  }

  private void extendedAttribute() {
    TreeModel.Node node = any();
    if (node == null) {
      return;
    }
    String name = "user." + name();
    if (random.nextInt(3) == 0) {
      check(
          "remove " + name,
          model.removeAttribute(node, name),
          () -> bench.tree().removeExtendedAttribute(number(node), bytes(name)));
    } else {
      String value = "v".repeat(random.nextInt(3000));
      check(
          "set " + name,
          model.setAttribute(node, name, value),
          () -> bench.tree().setExtendedAttribute(number(node), bytes(name), bytes(value), 0));
    }
  }

  private void openOrClose() throws ErrnoException {
    if (opened.size() > random.nextInt(MAX_OPEN)) {
      Opened file = opened.remove(random.nextInt(opened.size()));
      assertEquals(file.node().content, TreeBench.read(file.file()), step);
      file.file().release();
      return;
    }
    TreeModel.Node node = anyFile();
    if (node != null) {
      check(
          "open",
          node.frozen ? Errno.EROFS : 0,
          () ->
              opened.add(
                  new Opened(node, bench.tree().open(number(node), TreeBench.READ_WRITE, CALLER))));
    }
  }

  private void freezeOrThaw() {
    TreeModel.Node node = any();
    if (node != null) {
      // seldom, and soon over: else all would be frozen
      boolean frozen = !node.frozen && random.nextInt(4) == 0;
      node.frozen = frozen;
      check(
          "freeze",
          0,
          () ->
              bench
                  .tree()
                  .<Void, ErrnoException>edit(
                      edit -> {
                        if (frozen) {
                          edit.freeze(number(node));
                        } else {
                          edit.thaw(number(node));
                        }
                        return null;
                      }));
    }
  }

  private void closeAll() throws ErrnoException {
    for (Opened file : opened) {
      assertEquals(file.node().content, TreeBench.read(file.file()), step);
      file.file().release();
    }
    opened.clear();
  }

  // ---- comparison

  private void compareAll() throws Exception {
    compare("", model.root);
  }

  private void compare(String path, TreeModel.Node node) throws Exception {
    String where = step + ": " + path;
    Attributes attributes = new Attributes();
    long number = number(node);
    bench.tree().attributes(number, attributes);
    assertEquals(node.type | node.mode, attributes.mode, where);
    assertEquals(node.links, attributes.linkCount, where);
    assertEquals(
        String.join("", names(node)),
        new String(bench.tree().extendedAttributeNames(number), StandardCharsets.UTF_8),
        where);
    for (Map.Entry<String, String> attribute : node.attributes.entrySet()) {
      byte[] value = bench.tree().extendedAttribute(number, bytes(attribute.getKey()));
      assertEquals(attribute.getValue(), new String(value, StandardCharsets.UTF_8), where);
    }
    switch (node.type) {
      case Mode.DIRECTORY -> compareDirectory(path, node);
      case Mode.SYMLINK ->
          assertEquals(
              node.content,
              new String(bench.tree().readLink(number), StandardCharsets.UTF_8),
              where);
      default -> {
        assertEquals(node.content.length(), attributes.sizeBytes, where);
        OpenFile file = bench.tree().open(number, TreeBench.READ, CALLER);
        assertEquals(node.content, TreeBench.read(file), where);
        file.release();
      }
    }
  }

  private static List<String> names(TreeModel.Node node) {
    return node.attributes.keySet().stream().map(name -> name + "\0").toList();
  }

  private void compareDirectory(String path, TreeModel.Node node) throws Exception {
    List<String> found = new ArrayList<>();
    List<Long> children = new ArrayList<>();
    bench
        .tree()
        .readDirectory(
            number(node),
            0,
            true,
            (cookie, number, type, name, attributes) -> {
              found.add(new String(name, StandardCharsets.UTF_8));
              return children.add(number);
            });
    List<String> expected = new ArrayList<>(List.of(".", ".."));
    expected.addAll(node.children.keySet());
    assertEquals(expected, found, step + ": " + path);
    assertEquals(number(node.parent), children.get(1), step + ": " + path);
    for (Map.Entry<String, TreeModel.Node> child : node.children.entrySet()) {
      Attributes attributes = new Attributes();
      bench.tree().lookup(number(node), bytes(child.getKey()), attributes);
      assertEquals(number(child.getValue()), attributes.node, step + ": " + path);
      compare(path + "/" + child.getKey(), child.getValue());
    }
  }
}
