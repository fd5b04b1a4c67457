package dev.pando.daemon.tree;

import static dev.pando.daemon.tree.TreeBench.CALLER;
import static dev.pando.daemon.tree.TreeBench.READ;
import static dev.pando.daemon.tree.TreeBench.READ_WRITE;
import static dev.pando.daemon.tree.TreeBench.TRUNCATE;
import static dev.pando.daemon.tree.TreeBench.WRITE;
import static dev.pando.daemon.tree.TreeBench.assertErrno;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OpenFileTest {
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
  void theOpenModeDecidesWhatMayBeDone() throws Exception {
    bench.write("f", "content");
    OpenFile reader = bench.open("f", READ);
    OpenFile writer = bench.open("f", WRITE);
    assertErrno(Errno.EBADF, () -> TreeBench.write(reader, 0, "x"));
    assertErrno(Errno.EBADF, () -> TreeBench.read(writer));
    assertErrno(Errno.EBADF, () -> reader.allocate(0, 0, 4096));
    assertErrno(Errno.EBADF, () -> reader.copyRange(0, reader, 100, 1));
    bench.makeDirectory("d");
    assertErrno(Errno.EISDIR, () -> bench.open("d", READ));
    reader.release();
    writer.release();
  }

  @Test
  void truncatingAtOpenEmptiesTheFile() throws Exception {
    bench.write("f", "content");
    bench.open("f", WRITE | TRUNCATE).release();
    assertEquals("", bench.read("f"));
  }

  @Test
  void aWriteMovesModifyAndChangeTimesWithoutARecord() throws Exception {
    bench.write("f", "one");
    AttributeChange past = new AttributeChange();
    past.valid = AttributeChange.MTIME;
    past.modifySeconds = 1000;
    past.modifyNanos = 7;
    Attributes set = bench.setAttributes("f", past);
    assertEquals(1000, set.modifySeconds);
    assertEquals(7, set.modifyNanos);
    bench.reopen();
    assertEquals(1000, bench.attributes("f").modifySeconds);
    OpenFile file = bench.open("f", WRITE);
    TreeBench.write(file, 0, "two");
    Attributes written = bench.attributes("f");
    assertTrue(written.modifySeconds > 1000);
    assertEquals(written.modifySeconds, written.changeSeconds);
    bench.chmod("f", 0600);
    assertEquals(written.modifySeconds, bench.attributes("f").modifySeconds);
    assertEquals(written.modifyNanos, bench.attributes("f").modifyNanos);
    file.release();
  }

  @Test
  void timesBeforeTheEpochAreKept() throws Exception {
    bench.write("f", "");
    AttributeChange change = new AttributeChange();
    change.valid = AttributeChange.MTIME | AttributeChange.ATIME;
    change.modifySeconds = -2;
    change.modifyNanos = 999_999_999;
    change.accessSeconds = -1_000_000_000;
    Attributes set = bench.setAttributes("f", change);
    assertEquals(-2, set.modifySeconds);
    assertEquals(999_999_999, set.modifyNanos);
    assertEquals(-1_000_000_000, set.accessSeconds);
    assertEquals(0, set.accessNanos);
  }

  @Test
  void punchedAndZeroedRangesReadZerosAndSizesFollowTheMode() throws Exception {
    OpenFile file = bench.create("f");
    TreeBench.write(file, 0, "x".repeat(16384));
    file.allocate(OpenFile.FALLOC_PUNCH_HOLE | OpenFile.FALLOC_KEEP_SIZE, 4096, 4096);
    file.allocate(OpenFile.FALLOC_ZERO_RANGE, 12288, 8192);
    assertEquals(20480, bench.attributes("f").sizeBytes);
    String expected = "x".repeat(4096) + "\0".repeat(4096) + "x".repeat(4096) + "\0".repeat(8192);
    assertEquals(expected, TreeBench.read(file));
    assertEquals(32, bench.attributes("f").sectors, "a punched block is gone, zeroed ones are not");
    file.allocate(0, 0, 30000);
    assertEquals(30000, bench.attributes("f").sizeBytes);
    assertEquals(64, bench.attributes("f").sectors);
    file.allocate(OpenFile.FALLOC_KEEP_SIZE, 0, 90000);
    assertEquals(30000, bench.attributes("f").sizeBytes);
    assertEquals(176, bench.attributes("f").sectors);
    assertEquals(4096, file.seek(0, OpenFile.SEEK_HOLE));
    assertErrno(Errno.ENOSPC, () -> file.allocate(0, 0, 1L << 49));
    assertEquals(30000, bench.attributes("f").sizeBytes);
    assertEquals(176, bench.attributes("f").sectors);
    assertErrno(Errno.EOPNOTSUPP, () -> file.allocate(OpenFile.FALLOC_PUNCH_HOLE, 0, 1));
    assertErrno(Errno.EOPNOTSUPP, () -> file.allocate(8, 0, 1));
    assertErrno(Errno.EINVAL, () -> file.allocate(0, 0, 0));
    assertErrno(Errno.EFBIG, () -> file.allocate(0, Long.MAX_VALUE, 2));
    file.release();
  }

  @Test
  void holesAreFoundAndSkipped() throws Exception {
    OpenFile file = bench.create("f");
    TreeBench.write(file, 8192, "data");
    assertEquals(8192, file.seek(0, OpenFile.SEEK_DATA));
    assertEquals(0, file.seek(0, OpenFile.SEEK_HOLE));
    assertEquals(8196, file.seek(8192, OpenFile.SEEK_HOLE));
    assertErrno(Errno.ENXIO, () -> file.seek(8196, OpenFile.SEEK_DATA));
    assertErrno(Errno.EINVAL, () -> file.seek(0, 0));
    file.release();
  }

  @Test
  void oneCallCopiesABoundedPartOfWhatItCanNotShare() throws Exception {
    bench.write("f", "x");
    OpenFile source = bench.open("f", READ_WRITE);
    long size = 100L << 20;
    source.allocate(0, 0, size);
    OpenFile target = bench.create("g");
    assertEquals(64L << 20, source.copyRange(1, target, 0, Long.MAX_VALUE));
    assertEquals(size, source.copyRange(0, target, 0, Long.MAX_VALUE));
    source.release();
    target.release();
  }

  @Test
  void aRangeIsCopiedBetweenFilesUpToTheSourcesEnd() throws Exception {
    bench.write("f", "x".repeat(5000));
    OpenFile source = bench.open("f", READ);
    OpenFile target = bench.create("g");
    assertEquals(5000, source.copyRange(0, target, 0, Long.MAX_VALUE));
    assertEquals("x".repeat(5000), TreeBench.read(target));
    assertEquals(0, source.copyRange(5000, target, 0, 1));
    OpenFile both = bench.open("f", READ_WRITE);
    assertErrno(Errno.EINVAL, () -> both.copyRange(0, both, 100, 200));
    source.release();
    target.release();
    both.release();
  }

  @Test
  void imagesAreDirectForEveryOpenerAndOthersForNone() throws Exception {
    for (String image : List.of("a.vmdk", "a-flat.vmdk", "a.QCOW2", "a.raw", "a.img")) {
      OpenFile file = bench.create(image);
      assertTrue(file.isDirect(), image);
      OpenFile again = bench.open(image, READ);
      assertTrue(again.isDirect(), image);
      file.release();
      again.release();
    }
    OpenFile text = bench.create("a.vmx");
    assertFalse(text.isDirect());
    text.release();
  }

  @Test
  void anOpenFileDoesNotBecomeDirectWhenItIsRenamed() throws Exception {
    OpenFile file = bench.create("partial");
    bench.rename("partial", "disk.raw");
    OpenFile second = bench.open("disk.raw", READ);
    assertFalse(second.isDirect());
    file.release();
    second.release();
    OpenFile third = bench.open("disk.raw", READ);
    assertTrue(third.isDirect());
    third.release();
  }

  @Test
  void whoHasAFileOpenForWritingIsKnownUntilTheyCloseIt() throws Exception {
    OpenFile writer = bench.create("f");
    OpenFile reader = bench.open("f", READ);
    List<Opener> writers = bench.tree().view().writers(writer.node());
    assertEquals(1, writers.size());
    assertEquals(CALLER.processId(), writers.get(0).processId());
    assertFalse(writers.get(0).command().isEmpty());
    writer.release();
    assertEquals(List.of(), bench.tree().view().writers(reader.node()));
    reader.release();
  }

  @Test
  void creatingWhatIsThereOpensItUnlessExclusive() throws Exception {
    bench.write("f", "content");
    Attributes out = new Attributes();
    OpenFile file =
        bench.tree().create(FileSystem.ROOT, TreeBench.bytes("f"), 0600, READ, CALLER, out);
    assertEquals(7, out.sizeBytes);
    assertEquals("content", TreeBench.read(file));
    file.release();
    assertErrno(Errno.EEXIST, () -> bench.create("f"));
  }

  @Test
  void setIdBitsGoWhenAskedAndCapabilitiesWithThem() throws Exception {
    bench.write("f", "");
    bench.chmod("f", 06755);
    byte[] capability = TreeBench.bytes("security.capability");
    bench.tree().setExtendedAttribute(bench.node("f"), capability, new byte[20], 0);
    AttributeChange kill = new AttributeChange();
    kill.valid = AttributeChange.KILL_SUIDGID;
    assertEquals(Mode.REGULAR | 0755, bench.setAttributes("f", kill).mode);
    assertErrno(Errno.ENODATA, () -> bench.tree().extendedAttribute(bench.node("f"), capability));
  }

  @Test
  void setGroupIdThatNobodyExecutesStaysForWhoIsInTheGroup() throws Exception {
    bench.write("f", "");
    int group = bench.attributes("f").groupId;
    AttributeChange kill = new AttributeChange();
    kill.valid = AttributeChange.KILL_SUIDGID;
    bench.chmod("f", 06644);
    kill.caller = new Caller(1000, group, 0, 0);
    assertEquals(Mode.REGULAR | 02644, bench.setAttributes("f", kill).mode);
    kill.caller = new Caller(1000, group + 1, 0, 0);
    assertEquals(Mode.REGULAR | 0644, bench.setAttributes("f", kill).mode);
  }

  @Test
  void aCutByRootTakesTheCapabilitiesAndLeavesTheBits() throws Exception {
    bench.write("f", "content");
    bench.chmod("f", 06755);
    byte[] capability = TreeBench.bytes("security.capability");
    bench.tree().setExtendedAttribute(bench.node("f"), capability, new byte[20], 0);
    bench.tree().open(bench.node("f"), WRITE | TRUNCATE, CALLER).release();
    assertErrno(Errno.ENODATA, () -> bench.tree().extendedAttribute(bench.node("f"), capability));
    assertEquals(Mode.REGULAR | 06755, bench.attributes("f").mode);
    Caller user = new Caller(1000, 1000, 0, 0);
    bench.tree().open(bench.node("f"), WRITE | TRUNCATE, user).release();
    assertEquals(Mode.REGULAR | 0755, bench.attributes("f").mode);
  }

  @Test
  void truncatingThroughAttributesSetsTheSize() throws Exception {
    bench.write("f", "content");
    AttributeChange change = new AttributeChange();
    change.valid = AttributeChange.SIZE;
    change.sizeBytes = 3;
    assertEquals(3, bench.setAttributes("f", change).sizeBytes);
    assertEquals("con", bench.read("f"));
    bench.makeDirectory("d");
    assertErrno(Errno.EISDIR, () -> bench.setAttributes("d", change));
  }

  @Test
  void whatWasSyncedIsThere() throws Exception {
    OpenFile file = bench.create("f");
    TreeBench.write(file, 0, "content");
    bench.sync(file);
    file.release();
    bench.reopen();
    assertEquals("content", bench.read("f"));
  }
}
