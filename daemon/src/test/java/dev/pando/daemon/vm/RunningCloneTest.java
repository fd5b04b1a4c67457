package dev.pando.daemon.vm;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.daemon.tree.OpenFile;
import dev.pando.daemon.tree.PandoTree;
import dev.pando.daemon.tree.TreeBench;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import jnr.ffi.Memory;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunningCloneTest {
  private static final int CLONES = 25;

  private static final int FILES = PandoTree.CHANGES_A_STEP * 2;

  /** A guest counts on one disk, then on the other: at no instant is the second ahead. */
  @Test
  void clonesOfARunningVmHaveItsDisksAsOfOneInstant(@TempDir Path directory) throws Exception {
    try (MachineBench bench = new MachineBench(directory)) {
      bench.tree().makeDirectory("guest");
      bench.tree().write("guest/guest.img", "\0".repeat(4096));
      bench.tree().write("guest/data.img", "\0".repeat(4096));
      AtomicBoolean stop = new AtomicBoolean();
      ExecutorService guest = Executors.newSingleThreadExecutor();
      Future<Long> count = guest.submit(() -> count(bench, stop));
      long last = 0;
      for (int i = 0; i < CLONES; i++) {
        bench.clone("guest", "c" + i);
        long first = counter(bench, "c" + i + "/c" + i + ".img");
        long second = counter(bench, "c" + i + "/data.img");
        assertTrue(first == second || first == second + 1, first + " and " + second);
        assertTrue(first >= last, "clone " + i + " is older than the one before");
        last = first;
      }
      stop.set(true);
      assertTrue(count.get() >= last);
      guest.shutdown();
    }
  }

  private static long count(MachineBench bench, AtomicBoolean stop) throws Exception {
    OpenFile first = bench.tree().open("guest/guest.img", TreeBench.READ_WRITE);
    OpenFile second = bench.tree().open("guest/data.img", TreeBench.READ_WRITE);
    Pointer memory = Memory.allocateDirect(Runtime.getSystemRuntime(), Long.BYTES);
    long count = 0;
    while (!stop.get()) {
      memory.putLong(0, ++count);
      first.write(0, memory.address(), Long.BYTES);
      second.write(0, memory.address(), Long.BYTES);
    }
    first.release();
    second.release();
    return count;
  }

  /**
   * With more files than one step forks. What counts opens each file only for a moment, and then
   * writes the count to one that it keeps open.
   */
  @Test
  void clonesOfManyFilesHaveThemAsOfOneInstant(@TempDir Path directory) throws Exception {
    try (MachineBench bench = new MachineBench(directory)) {
      bench.tree().makeDirectory("guest");
      bench.tree().write("guest/guest.img", "\0".repeat(4096));
      for (int i = 0; i < FILES; i++) {
        bench.tree().write("guest/file" + i, "\0".repeat(4096));
      }
      AtomicBoolean stop = new AtomicBoolean();
      ExecutorService guest = Executors.newSingleThreadExecutor();
      Future<Long> count = guest.submit(() -> countInManyFiles(bench, stop));
      for (int i = 0; i < CLONES; i++) {
        bench.clone("guest", "c" + i);
        long done = counter(bench, "c" + i + "/c" + i + ".img");
        for (int file = 0; file < FILES; file++) {
          long last = done - Math.floorMod(done - file, FILES);
          long found = counter(bench, "c" + i + "/file" + file);
          assertTrue(
              found == Math.max(0, last) || found == done + 1,
              "clone " + i + ": after " + done + ", " + found + " in " + file);
        }
      }
      stop.set(true);
      assertTrue(count.get() > FILES);
      guest.shutdown();
    }
  }

  private static long countInManyFiles(MachineBench bench, AtomicBoolean stop) throws Exception {
    OpenFile total = bench.tree().open("guest/guest.img", TreeBench.READ_WRITE);
    Pointer memory = Memory.allocateDirect(Runtime.getSystemRuntime(), Long.BYTES);
    long count = 0;
    while (!stop.get()) {
      memory.putLong(0, ++count);
      OpenFile file = bench.tree().open("guest/file" + count % FILES, TreeBench.READ_WRITE);
      file.write(0, memory.address(), Long.BYTES);
      file.release();
      total.write(0, memory.address(), Long.BYTES);
    }
    total.release();
    return count;
  }

  private static long counter(MachineBench bench, String path) throws Exception {
    return ByteBuffer.wrap(bench.content(path)).order(ByteOrder.nativeOrder()).getLong();
  }
}
