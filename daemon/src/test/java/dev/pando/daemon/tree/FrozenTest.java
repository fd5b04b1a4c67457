package dev.pando.daemon.tree;

import static dev.pando.daemon.tree.TreeBench.CALLER;
import static dev.pando.daemon.tree.TreeBench.READ;
import static dev.pando.daemon.tree.TreeBench.READ_WRITE;
import static dev.pando.daemon.tree.TreeBench.TRUNCATE;
import static dev.pando.daemon.tree.TreeBench.WRITE;
import static dev.pando.daemon.tree.TreeBench.assertErrno;
import static dev.pando.daemon.tree.TreeBench.bytes;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Law 5: a frozen template is immutable by the file system itself. */
class FrozenTest {
  private TreeBench bench;
  private OpenFile openedBefore;

  @BeforeEach
  void freeze(@TempDir Path directory) throws Exception {
    bench = new TreeBench(directory);
    bench.makeDirectory("t");
    bench.write("t/f", "content");
    bench.write("other", "other");
    bench.tree().setExtendedAttribute(bench.node("t/f"), bytes("user.a"), bytes("v"), 0);
    openedBefore = bench.open("t/f", READ_WRITE);
    setFrozen(true);
  }

  @AfterEach
  void close() throws Exception {
    bench.close();
  }

  private void setFrozen(boolean frozen) throws ErrnoException {
    long directory = bench.node("t");
    long file = bench.node("t/f");
    bench
        .tree()
        .<Void, ErrnoException>edit(
            edit -> {
              for (long node : new long[] {directory, file}) {
                if (frozen) {
                  edit.freeze(node);
                } else {
                  edit.thaw(node);
                }
              }
              return null;
            });
  }

  @Test
  void nothingWritesIt() throws Exception {
    assertErrno(Errno.EROFS, () -> TreeBench.write(openedBefore, 0, "changed"));
    assertErrno(Errno.EROFS, () -> openedBefore.allocate(0, 0, 100_000));
    assertErrno(Errno.EROFS, () -> openedBefore.allocate(OpenFile.FALLOC_KEEP_SIZE, 0, 1));
    OpenFile source = bench.open("other", READ);
    assertErrno(Errno.EROFS, () -> source.copyRange(0, openedBefore, 0, 5));
    source.release();
    assertErrno(Errno.EROFS, () -> bench.open("t/f", WRITE));
    assertErrno(Errno.EROFS, () -> bench.open("t/f", READ_WRITE));
    assertErrno(Errno.EROFS, () -> bench.open("t/f", READ | TRUNCATE));
    assertEquals("content", bench.read("t/f"));
  }

  @Test
  void nothingChangesItsAttributes() throws Exception {
    for (int field :
        new int[] {
          AttributeChange.MODE,
          AttributeChange.UID,
          AttributeChange.SIZE,
          AttributeChange.ATIME_NOW,
          AttributeChange.MTIME
        }) {
      AttributeChange change = new AttributeChange();
      change.valid = field;
      assertErrno(Errno.EROFS, () -> bench.setAttributes("t/f", change));
    }
    assertErrno(Errno.EROFS, () -> bench.chmod("t", 0700));
    long file = bench.node("t/f");
    byte[] name = bytes("user.a");
    assertErrno(Errno.EROFS, () -> bench.tree().setExtendedAttribute(file, name, bytes("w"), 0));
    assertErrno(Errno.EROFS, () -> bench.tree().removeExtendedAttribute(file, name));
  }

  @Test
  void nothingChangesItsNames() throws Exception {
    assertErrno(Errno.EROFS, () -> bench.unlink("t/f"));
    assertErrno(Errno.EROFS, () -> bench.rename("t/f", "t/g"));
    assertErrno(Errno.EROFS, () -> bench.rename("t/f", "g"));
    assertErrno(Errno.EROFS, () -> bench.rename("other", "t/other"));
    assertErrno(Errno.EROFS, () -> bench.rename("other", "t/f"));
    assertErrno(Errno.EROFS, () -> bench.rename("t", "u"));
    assertErrno(Errno.EROFS, () -> bench.removeDirectory("t"));
    assertErrno(Errno.EROFS, () -> bench.link("t/f", "g"));
    assertErrno(Errno.EROFS, () -> bench.link("other", "t/g"));
    assertErrno(Errno.EROFS, () -> bench.makeDirectory("t/d"));
    assertErrno(Errno.EROFS, () -> bench.create("t/g"));
    long directory = bench.node("t");
    Attributes out = new Attributes();
    assertErrno(
        Errno.EROFS, () -> bench.tree().createUnnamed(directory, 0600, READ_WRITE, CALLER, out));
    bench.makeDirectory("d");
    assertErrno(Errno.EROFS, () -> bench.rename("d", "t", FileSystem.RENAME_EXCHANGE));
  }

  @Test
  void itStaysFrozenAndReadableAfterReopening() throws Exception {
    openedBefore.release();
    Attributes before = bench.attributes("t/f");
    bench.reopen();
    assertEquals("content", bench.read("t/f"));
    assertErrno(Errno.EROFS, () -> bench.open("t/f", WRITE));
    Attributes after = bench.attributes("t/f");
    assertEquals(before.accessSeconds, after.accessSeconds);
    assertEquals(before.accessNanos, after.accessNanos);
    assertEquals(before.modifyNanos, after.modifyNanos);
    assertEquals(before.changeNanos, after.changeNanos);
  }

  @Test
  void thawedItIsAFileLikeAnyOther() throws Exception {
    setFrozen(false);
    TreeBench.write(openedBefore, 0, "CONTENT");
    openedBefore.release();
    assertEquals("CONTENT", bench.read("t/f"));
    bench.rename("t", "u");
    bench.unlink("u/f");
  }
}
