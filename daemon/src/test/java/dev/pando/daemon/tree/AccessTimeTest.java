package dev.pando.daemon.tree;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.daemon.fuse.Eventually;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When reading moves the time of access, and when that is kept. */
class AccessTimeTest {
  private static final long NANOS_PER_SECOND = 1_000_000_000;
  private static final int NO_ACCESS_TIME = 01000000;

  private TreeBench bench;

  @BeforeEach
  void open(@TempDir Path directory) throws Exception {
    bench = new TreeBench(directory);
    bench.write("f", "content");
    setOld("f");
  }

  @AfterEach
  void close() throws Exception {
    bench.close();
  }

  /** Both times a second after 1970: the time of change is now. */
  private void setOld(String path) throws ErrnoException {
    AttributeChange change = new AttributeChange();
    change.valid = AttributeChange.ATIME | AttributeChange.MTIME;
    change.accessSeconds = 1;
    change.modifySeconds = 1;
    bench.setAttributes(path, change);
    Attributes set = bench.attributes(path);
    long changed = set.changeSeconds * NANOS_PER_SECOND + set.changeNanos;
    // until the clock has ticked, a read is no later than the change, and the next moves it again
    Eventually.await("a later time", () -> Timestamps.now() > changed);
  }

  private boolean moved(String path) throws ErrnoException {
    return bench.attributes(path).accessSeconds != 1;
  }

  private OpenFile open(int flags) throws ErrnoException {
    return bench.tree().open(bench.node("f"), flags, TreeBench.CALLER);
  }

  @Test
  void aReadMovesItAndTheLastCloseKeepsIt() throws Exception {
    OpenFile file = open(TreeBench.READ);
    TreeBench.read(file);
    assertTrue(moved("f"));
    file.release();
    bench.reopen();
    assertTrue(moved("f"));
  }

  @Test
  void aSecondReadLeavesIt() throws Exception {
    OpenFile file = open(TreeBench.READ);
    TreeBench.read(file);
    Attributes first = bench.attributes("f");
    TreeBench.read(file);
    Attributes second = bench.attributes("f");
    assertEquals(first.accessNanos, second.accessNanos);
    file.release();
    assertEquals(first.accessNanos, bench.attributes("f").accessNanos);
    assertEquals(first.changeNanos, bench.attributes("f").changeNanos);
  }

  @Test
  void whoReadsWithoutATraceLeavesIt() throws Exception {
    OpenFile file = open(NO_ACCESS_TIME);
    TreeBench.read(file);
    file.release();
    assertEquals("content", new String(bench.tree().view().content(bench.node("f"), 100), UTF_8));
    assertTrue(!moved("f"));
  }

  @Test
  void aTreeThatLeavesTimesOfAccessLeavesAll() throws Exception {
    bench.tree().leaveAccessTimes();
    bench.makeDirectory("d");
    setOld("d");
    OpenFile file = open(TreeBench.READ);
    TreeBench.read(file);
    file.release();
    bench.tree().accessed(bench.node("d"));
    assertTrue(!moved("f"));
    assertTrue(!moved("d"));
  }

  @Test
  void thatOfADirectoryIsKeptAtOnce() throws Exception {
    bench.makeDirectory("d");
    setOld("d");
    bench.tree().accessed(bench.node("d"));
    assertTrue(moved("d"));
    bench.reopen();
    assertTrue(moved("d"));
  }

  @Test
  void thatOfAFrozenFileStays() throws Exception {
    long node = bench.node("f");
    bench
        .tree()
        .edit(
            edit -> {
              edit.freeze(node);
              return null;
            });
    OpenFile file = open(TreeBench.READ);
    TreeBench.read(file);
    file.release();
    bench.tree().accessed(node);
    assertTrue(!moved("f"));
  }

  @Test
  void aTimeThatIsSetCountsAndNotTheReadBefore() throws Exception {
    OpenFile file = open(TreeBench.READ);
    TreeBench.read(file);
    setOld("f");
    file.release();
    assertTrue(!moved("f"));
  }
}
