package dev.pando.daemon.tree;

import static dev.pando.daemon.tree.TreeBench.CALLER;
import static dev.pando.daemon.tree.TreeBench.assertErrno;
import static dev.pando.daemon.tree.TreeBench.bytes;
import static dev.pando.daemon.tree.TreeBench.name;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NamespaceTest {
  private TreeBench bench;

  @BeforeEach
  void open(@TempDir Path directory) throws Exception {
    bench = new TreeBench(directory);
  }

  @AfterEach
  void close() throws Exception {
    bench.close();
  }

  @Test
  void whatWasMadeIsThereAfterReopening() throws Exception {
    bench.makeDirectory("d");
    bench.write("d/f", "content");
    bench.tree().makeSymlink(bench.node("d"), bytes("l"), bytes("f"), CALLER, new Attributes());
    bench
        .tree()
        .makeNode(bench.node("d"), bytes("n"), Mode.FIFO | 0600, 0, CALLER, new Attributes());
    bench.reopen();
    assertEquals(List.of("f", "l", "n"), bench.list("d"));
    assertEquals("content", bench.read("d/f"));
    assertArrayEquals(bytes("f"), bench.tree().readLink(bench.node("d/l")));
    assertEquals(Mode.FIFO | 0600, bench.attributes("d/n").mode);
  }

  @Test
  void aNewFileHasItsMakersOwnerAndTheMaskedMode() throws Exception {
    Attributes out = new Attributes();
    Caller caller = new Caller(1000, 100, 0, 022);
    bench.tree().makeNode(FileSystem.ROOT, bytes("f"), 0666, 0, caller, out);
    assertEquals(Mode.REGULAR | 0644, out.mode);
    assertEquals(1000, out.userId);
    assertEquals(100, out.groupId);
    assertEquals(1, out.linkCount);
  }

  @Test
  void aSetGroupIdDirectoryHandsItsGroupDown() throws Exception {
    bench.makeDirectory("d");
    AttributeChange change = new AttributeChange();
    change.valid = AttributeChange.MODE | AttributeChange.GID;
    change.mode = 02775;
    change.groupId = 42;
    bench.setAttributes("d", change);
    bench.makeDirectory("d/sub");
    bench.write("d/f", "");
    assertEquals(42, bench.attributes("d/sub").groupId);
    assertEquals(Mode.DIRECTORY | 02755, bench.attributes("d/sub").mode);
    assertEquals(42, bench.attributes("d/f").groupId);
  }

  @Test
  void namesAreTakenOnceAndFoundExactly() throws Exception {
    bench.write("f", "");
    assertErrno(Errno.EEXIST, () -> bench.makeDirectory("f"));
    assertErrno(Errno.EEXIST, () -> bench.create("f"));
    assertErrno(Errno.ENOENT, () -> bench.node("F"));
    assertErrno(Errno.ENOTDIR, () -> bench.node("f/x"));
    assertErrno(Errno.ENOTDIR, () -> bench.makeDirectory("f/x"));
    assertErrno(Errno.ENAMETOOLONG, () -> bench.makeDirectory("n".repeat(256)));
    assertErrno(Errno.ENAMETOOLONG, () -> bench.node("n".repeat(256)));
    bench.makeDirectory("n".repeat(255));
    assertTrue(bench.exists("n".repeat(255)));
    Attributes out = new Attributes();
    assertErrno(Errno.ESTALE, () -> bench.tree().attributes(4711, out));
  }

  @Test
  void removingAsksForTheRightKind() throws Exception {
    bench.makeDirectory("d");
    bench.write("d/f", "");
    assertErrno(Errno.EISDIR, () -> bench.unlink("d"));
    assertErrno(Errno.ENOTDIR, () -> bench.removeDirectory("d/f"));
    assertErrno(Errno.ENOTEMPTY, () -> bench.removeDirectory("d"));
    assertErrno(Errno.ENOENT, () -> bench.unlink("d/g"));
    bench.unlink("d/f");
    bench.removeDirectory("d");
    assertFalse(bench.exists("d"));
  }

  @Test
  void whatIsRemovedLeavesNoRecord() throws Exception {
    int before = bench.recordCount();
    bench.makeDirectory("d");
    bench.write("d/f", "content");
    bench.link("d/f", "d/g");
    bench.tree().setExtendedAttribute(bench.node("d/f"), bytes("user.a"), bytes("v"), 0);
    long file = bench.node("d/f");
    bench.unlink("d/f");
    bench.unlink("d/g");
    bench.removeDirectory("d");
    assertEquals(before, bench.recordCount());
    assertFalse(bench.store().hasFile(file));
  }

  @Test
  void directoriesCountTheirSubdirectories() throws Exception {
    bench.makeDirectory("d");
    bench.makeDirectory("d/a");
    bench.makeDirectory("d/b");
    bench.makeDirectory("e");
    assertEquals(4, bench.attributes("d").linkCount);
    bench.rename("d/a", "e/a");
    bench.removeDirectory("d/b");
    assertEquals(2, bench.attributes("d").linkCount);
    assertEquals(3, bench.attributes("e").linkCount);
    Attributes up = new Attributes();
    bench.tree().lookup(bench.node("e/a"), bytes(".."), up);
    assertEquals(bench.node("e"), up.node);
  }

  @Test
  void hardLinksAreOneFile() throws Exception {
    bench.write("f", "one");
    bench.link("f", "g");
    bench.write("g", "two");
    assertEquals("two", bench.read("f"));
    assertEquals(2, bench.attributes("f").linkCount);
    bench.unlink("f");
    assertEquals("two", bench.read("g"));
    assertEquals(1, bench.attributes("g").linkCount);
    bench.makeDirectory("d");
    assertErrno(Errno.EPERM, () -> bench.link("d", "e"));
    assertErrno(Errno.EEXIST, () -> bench.link("g", "d"));
  }

  @Test
  void aFileKnowsWhereItWasNamedLast() throws Exception {
    long d = bench.makeDirectory("d");
    long e = bench.makeDirectory("e");
    bench.write("d/f", "content");
    long file = bench.node("d/f");
    assertEquals(d, parentOnRecord(file));
    bench.rename("d/f", "e/f");
    assertEquals(e, parentOnRecord(file));
    assertEquals(Optional.of(e), bench.tree().view().directoryOf(file));
    bench.link("e/f", "d/g");
    assertEquals(d, parentOnRecord(file));
    bench.unlink("d/g");
    assertEquals(Optional.of(e), bench.tree().view().directoryOf(file), "it has another name");
    bench.unlink("e/f");
    assertErrno(Errno.ESTALE, () -> bench.tree().view().directoryOf(file));
  }

  private long parentOnRecord(long node) throws Exception {
    byte[] value = bench.store().record(TreeFormat.key(TreeFormat.INODE, node));
    return TreeFormat.decodeInode(value).parent();
  }

  @Test
  void renameKnowsItsErrors() throws Exception {
    bench.makeDirectory("d");
    bench.makeDirectory("d/sub");
    bench.makeDirectory("e");
    bench.write("f", "f");
    bench.write("e/g", "g");
    assertErrno(Errno.EINVAL, () -> bench.rename("d", "d/sub/d"));
    assertErrno(Errno.EINVAL, () -> bench.rename("f", "g", 4));
    assertErrno(Errno.EINVAL, () -> bench.rename("f", "g", 3));
    assertErrno(Errno.ENOENT, () -> bench.rename("x", "y"));
    assertErrno(Errno.ENOTEMPTY, () -> bench.rename("d", "e"));
    assertErrno(Errno.ENOTDIR, () -> bench.rename("d", "f"));
    assertErrno(Errno.EISDIR, () -> bench.rename("f", "d"));
    assertErrno(Errno.EEXIST, () -> bench.rename("f", "e/g", FileSystem.RENAME_NOREPLACE));
    assertErrno(Errno.ENOENT, () -> bench.rename("f", "x", FileSystem.RENAME_EXCHANGE));
    assertErrno(Errno.EINVAL, () -> bench.rename("d/sub", "d", FileSystem.RENAME_EXCHANGE));
    assertEquals("f", bench.read("f"));
    assertEquals("g", bench.read("e/g"));
  }

  @Test
  void renameReplacesAndExchanges() throws Exception {
    bench.makeDirectory("d");
    bench.makeDirectory("e");
    bench.write("f", "f");
    bench.write("d/g", "g");
    bench.rename("f", "d/g");
    assertEquals("f", bench.read("d/g"));
    assertFalse(bench.exists("f"));
    bench.rename("d/g", "e", FileSystem.RENAME_EXCHANGE);
    assertEquals("f", bench.read("e"));
    assertEquals(List.of(), bench.list("d/g"));
    assertEquals(3, bench.attributes("d").linkCount);
    Attributes up = new Attributes();
    bench.tree().lookup(bench.node("d/g"), bytes(".."), up);
    assertEquals(bench.node("d"), up.node);
    bench.makeDirectory("empty");
    bench.rename("d", "empty");
    assertEquals(List.of("g"), bench.list("empty"));
  }

  @Test
  void renamingOneNameOfAFileOntoAnotherDoesNothing() throws Exception {
    bench.write("f", "f");
    bench.link("f", "g");
    bench.rename("f", "g");
    assertTrue(bench.exists("f"));
    assertTrue(bench.exists("g"));
  }

  @Test
  void anUnlinkedFileLivesUntilItsLastClose() throws Exception {
    OpenFile first = bench.create("f");
    OpenFile second = bench.open("f", TreeBench.READ_WRITE);
    TreeBench.write(first, 0, "still here");
    int before = bench.recordCount();
    bench.unlink("f");
    assertFalse(bench.exists("f"));
    assertEquals("still here", TreeBench.read(second));
    Attributes out = new Attributes();
    bench.tree().attributes(first.node(), out);
    assertEquals(0, out.linkCount);
    first.release();
    assertEquals("still here", TreeBench.read(second));
    second.release();
    assertErrno(Errno.ESTALE, () -> bench.tree().attributes(first.node(), out));
    assertTrue(bench.recordCount() < before);
    assertFalse(bench.store().hasFile(first.node()));
  }

  @Test
  void anUnlinkedFileThatNobodyClosedEndsWithTheNextMount() throws Exception {
    int before = bench.recordCount();
    OpenFile file = bench.create("f");
    OpenFile unnamed =
        bench.tree().createUnnamed(FileSystem.ROOT, 0600, 2, CALLER, new Attributes());
    bench.unlink("f");
    bench.reopen();
    assertEquals(before, bench.recordCount());
    assertFalse(bench.store().hasFile(file.node()));
    assertFalse(bench.store().hasFile(unnamed.node()));
  }

  @Test
  void anUnnamedFileCanBeGivenAName() throws Exception {
    OpenFile file = bench.tree().createUnnamed(FileSystem.ROOT, 0600, 2, CALLER, new Attributes());
    TreeBench.write(file, 0, "was nowhere");
    bench.tree().link(file.node(), FileSystem.ROOT, bytes("f"), new Attributes());
    file.release();
    bench.reopen();
    assertEquals("was nowhere", bench.read("f"));
    assertEquals(1, bench.attributes("f").linkCount);
  }

  @Test
  void inodeNumbersAreNeverUsedAgain() throws Exception {
    bench.write("f", "");
    long first = bench.node("f");
    bench.unlink("f");
    bench.reopen();
    bench.write("f", "");
    assertNotEquals(first, bench.node("f"));
  }

  @Test
  void readingADirectoryGoesOnWhereItWasWhateverComesAndGoes() throws Exception {
    for (int i = 0; i < 200; i++) {
      bench.write("f" + i, "");
    }
    List<String> seen = new ArrayList<>();
    long[] last = {2};
    for (int round = 0; seen.size() < 150; round++) {
      int until = seen.size() + 7;
      bench
          .tree()
          .readDirectory(
              FileSystem.ROOT,
              last[0],
              true,
              (cookie, node, type, entry, attributes) -> {
                if (seen.size() == until) {
                  return false;
                }
                assertEquals(node, attributes.node);
                assertEquals(Mode.REGULAR, type);
                seen.add(new String(entry, StandardCharsets.UTF_8));
                last[0] = cookie;
                return true;
              });
      bench.unlink("f" + (199 - round));
      bench.write("new" + round, "");
      bench.rename("f" + round, "moved" + round);
    }
    for (int i = 40; i < 140; i++) {
      String file = "f" + i;
      assertEquals(1, seen.stream().filter(file::equals).count(), file);
    }
  }

  @Test
  void everyDirectoryBeginsWithItselfAndItsParent() throws Exception {
    long directory = bench.makeDirectory("d");
    List<Long> nodes = new ArrayList<>();
    bench
        .tree()
        .readDirectory(
            directory, 0, true, (cookie, node, type, entry, attributes) -> nodes.add(node));
    assertEquals(List.of(directory, FileSystem.ROOT), nodes);
  }

  @Test
  void anyBytesButSlashAndNulMakeAName() throws Exception {
    byte[] strange = {(byte) 0xff, 1, '\n', ' ', (byte) 0xc3};
    bench.tree().makeDirectory(FileSystem.ROOT, strange, 0755, CALLER, new Attributes());
    bench.reopen();
    Attributes out = new Attributes();
    bench.tree().lookup(FileSystem.ROOT, strange, out);
    assertTrue(Mode.isDirectory(out.mode));
    assertArrayEquals(bytes("f"), name("a/f"));
  }

  @Test
  void aFileHas65000LinksAndNoMore() throws Exception {
    bench.write("f", "content");
    long node = bench.node("f");
    Attributes out = new Attributes();
    for (int link = 1; link < 65_000; link++) {
      bench.tree().link(node, FileSystem.ROOT, bytes("link" + link), out);
    }
    assertEquals(65_000, out.linkCount);
    assertErrno(Errno.EMLINK, () -> bench.tree().link(node, FileSystem.ROOT, bytes("more"), out));
    bench.tree().unlink(FileSystem.ROOT, bytes("link1"));
    bench.tree().link(node, FileSystem.ROOT, bytes("more"), out);
  }
}
