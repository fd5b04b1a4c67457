package dev.pando.daemon.vm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.FileSystem;
import dev.pando.daemon.tree.TreeView;
import dev.pando.daemon.vm.files.DedupeRecord;
import dev.pando.testing.Patience;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What looks at many VMs goes on when one of them is removed, or can not be read. */
class RemovedMeanwhileTest {
  private static final byte[] GARBAGE = {2};
  private static final int LOOKS = 150;

  private MachineBench bench;

  @BeforeEach
  void open(@TempDir Path directory) throws Exception {
    bench = new MachineBench(directory);
  }

  @AfterEach
  void close() throws Exception {
    bench.close();
  }

  private TreeView view() {
    return bench.tree().tree().view();
  }

  private void attach(String vm, byte[] record) throws ErrnoException {
    long directory = bench.tree().node(vm);
    bench
        .tree()
        .tree()
        .<Void, ErrnoException>edit(
            edit -> {
              edit.attach(directory, DedupeRecord.PART, record);
              return null;
            });
  }

  private boolean isDue(String vm) throws ErrnoException {
    return DedupeRecord.of(view(), bench.tree().node(vm)).due();
  }

  @Test
  void oneThatCanNotBeReadKeepsNoOtherFromBeingStoredOnce() throws Exception {
    bench.importVm("bad");
    attach("bad", GARBAGE);
    bench.importVm("gone");
    bench.importVm("good");
    bench.machines().remove(List.of("gone"), true);
    Patience.await("good is searched", () -> !isDue("good"));
    bench.importVm("later");
    Patience.await("later is searched", () -> !isDue("later"));
    assertEquals(3, bench.machines().list().size());
    assertEquals(0, bench.machines().dedupe((done, total) -> {}).sharedBytes());
    attach("bad", DedupeRecord.NONE.encode());
  }

  @Test
  void anEndlessStreamOfRemovalsEndsNoCommand() throws Exception {
    bench.importVm("stays");
    bench.tree().makeDirectory("course");
    AtomicBoolean done = new AtomicBoolean();
    ExecutorService others = Executors.newFixedThreadPool(2);
    try {
      Future<?> whole = others.submit(until(done, this::comeAndGo));
      Future<?> parts = others.submit(until(done, this::changeInside));
      for (int i = 0; i < LOOKS; i++) {
        assertFalse(bench.machines().list().isEmpty());
        assertFalse(bench.machines().space(List.of()).vms().isEmpty());
        assertFalse(bench.machines().memory().report().vms().isEmpty());
        assertEquals(List.of(), bench.machines().quotas());
        if (i % 10 == 0) {
          bench.machines().dedupe((read, total) -> {});
        }
      }
      done.set(true);
      whole.get();
      parts.get();
    } finally {
      done.set(true);
      others.shutdownNow();
    }
  }

  private static Callable<Void> until(AtomicBoolean done, Callable<?> work) {
    return () -> {
      while (!done.get()) {
        work.call();
      }
      return null;
    };
  }

  /** A VM by plain file operations: each of its files goes by itself. */
  private Void comeAndGo() throws ErrnoException {
    bench.tree().makeDirectory("course/vm");
    bench.tree().makeDirectory("course/vm/deep");
    bench.tree().write("course/vm/domain.xml", "<domain type='kvm'><name>x</name></domain>");
    bench.tree().write("course/vm/disk.raw", "data");
    bench.tree().write("course/vm/deep/other.raw", "data");
    bench.tree().unlink("course/vm/deep/other.raw");
    bench.tree().removeDirectory("course/vm/deep");
    bench.tree().unlink("course/vm/disk.raw");
    bench.tree().unlink("course/vm/domain.xml");
    bench.tree().removeDirectory("course/vm");
    return null;
  }

  /** Files of a VM that stays. */
  private Void changeInside() throws ErrnoException {
    bench.tree().makeDirectory("stays/deep");
    bench.tree().write("stays/deep/other.raw", "data");
    bench.tree().write("stays/second.raw", "data");
    bench.tree().unlink("stays/second.raw");
    bench.tree().unlink("stays/deep/other.raw");
    bench.tree().removeDirectory("stays/deep");
    assertEquals(FileSystem.ROOT, bench.tree().node(""));
    return null;
  }
}
