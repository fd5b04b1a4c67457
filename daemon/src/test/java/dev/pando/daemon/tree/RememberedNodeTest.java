package dev.pando.daemon.tree;

import static dev.pando.daemon.tree.TreeBench.CALLER;
import static dev.pando.daemon.tree.TreeBench.assertErrno;
import static dev.pando.daemon.tree.TreeBench.bytes;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was removed while the kernel remembers it. */
class RememberedNodeTest {
  private TreeBench bench;
  private PandoTree tree;

  @BeforeEach
  void open(@TempDir Path directory) throws Exception {
    bench = new TreeBench(directory);
    tree = bench.tree();
    tree.awaitForgets();
  }

  @AfterEach
  void close() throws Exception {
    bench.close();
  }

  private Attributes attributes(long node) throws ErrnoException {
    Attributes out = new Attributes();
    tree.attributes(node, out);
    return out;
  }

  private void assertGone(long node) {
    assertErrno(Errno.ESTALE, () -> attributes(node));
  }

  @Test
  void aRemovedDirectoryStaysUntilItIsForgotten() throws Exception {
    long node = bench.makeDirectory("d");
    tree.removeDirectory(FileSystem.ROOT, bytes("d"));
    assertEquals(0, attributes(node).linkCount);
    Attributes out = new Attributes();
    assertErrno(Errno.ENOENT, () -> tree.makeDirectory(node, bytes("sub"), 0755, CALLER, out));
    assertErrno(Errno.ENOENT, () -> tree.lookup(node, bytes("sub"), out));
    tree.forget(node);
    assertGone(node);
  }

  @Test
  void aRemovedFileKeepsItsDataAndAttributesUntilItIsForgotten() throws Exception {
    bench.write("f", "content");
    long node = bench.node("f");
    tree.setExtendedAttribute(node, bytes("user.a"), bytes("value"), 0);
    tree.unlink(FileSystem.ROOT, bytes("f"));
    OpenFile file = tree.open(node, TreeBench.READ, CALLER);
    assertEquals("content", TreeBench.read(file));
    file.release();
    assertArrayEquals(bytes("value"), tree.extendedAttribute(node, bytes("user.a")));
    tree.forget(node);
    assertGone(node);
  }

  @Test
  void whatIsForgottenBeforeItsLastCloseEndsThen() throws Exception {
    bench.write("f", "content");
    long node = bench.node("f");
    OpenFile file = tree.open(node, TreeBench.READ, CALLER);
    tree.unlink(FileSystem.ROOT, bytes("f"));
    tree.forget(node);
    assertEquals("content", TreeBench.read(file));
    file.release();
    assertGone(node);
  }

  @Test
  void whatARenameReplacesStaysUntilItIsForgotten() throws Exception {
    long replaced = bench.makeDirectory("d");
    bench.makeDirectory("moved");
    tree.rename(FileSystem.ROOT, bytes("moved"), FileSystem.ROOT, bytes("d"), 0);
    assertEquals(0, attributes(replaced).linkCount);
    tree.forget(replaced);
    assertGone(replaced);
  }

  @Test
  void whatHasANameIsForgottenWithoutHarm() throws Exception {
    bench.write("f", "content");
    tree.link(bench.node("f"), FileSystem.ROOT, bytes("g"), new Attributes());
    tree.unlink(FileSystem.ROOT, bytes("f"));
    tree.forget(bench.node("g"));
    assertEquals("content", bench.read("g"));
  }

  @Test
  void anUnnamedFileThatGotANameIsForgottenWithoutHarm() throws Exception {
    Attributes out = new Attributes();
    OpenFile file = tree.createUnnamed(FileSystem.ROOT, 0600, TreeBench.READ_WRITE, CALLER, out);
    TreeBench.write(file, 0, "content");
    tree.link(file.node(), FileSystem.ROOT, bytes("named"), out);
    file.release();
    tree.forget(file.node());
    assertEquals("content", bench.read("named"));
  }

  @Test
  void allEndsWhenTheTreeIsOpenedAgain() throws Exception {
    long node = bench.makeDirectory("d");
    tree.removeDirectory(FileSystem.ROOT, bytes("d"));
    bench.reopen();
    tree = bench.tree();
    assertGone(node);
  }

  @Test
  void noMoreAreRememberedThanTheLimit() {
    RememberedNodes nodes = new RememberedNodes();
    nodes.await();
    for (long node = 1; node <= RememberedNodes.MOST; node++) {
      assertEquals(true, nodes.add(node));
    }
    assertEquals(false, nodes.add(0));
    assertEquals(true, nodes.remove(1));
    assertEquals(true, nodes.add(0));
  }
}
