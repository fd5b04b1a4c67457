package dev.pando.cowstore;

import dev.pando.cowstore.io.NativeBuffer;
import dev.pando.cowstore.io.TemporaryDirectory;
import dev.pando.cowstore.segment.Block;
import java.io.IOException;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** 4 KiB at random places of a file of 256 MiB, in a store as the daemon opens it. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class CowFileBenchmark {
  private static final int BLOCKS = 1 << 16;

  private final NativeBuffer memory = NativeBuffer.of(Block.BYTES);

  /** Every block of the file once. */
  private final int[] blocks = new Random(1).ints(0, BLOCKS).distinct().limit(BLOCKS).toArray();

  private int next;
  private TemporaryDirectory directory;
  private CowStore store;
  private Bytes bytes;
  private CowFile file;
  private CowFile fork;

  @Setup
  public void open() throws IOException {
    byte[] content = new byte[Block.BYTES];
    new Random(2).nextBytes(content); // zeros would become holes
    memory.bytes().put(0, content);
    directory = TemporaryDirectory.create();
    store = CowStore.open(directory.path(), StoreOptions.defaults().withCreate(true));
    bytes = new Bytes(store);
    file = bytes.create();
    bytes.fill(file, 0, (long) BLOCKS << Block.SHIFT, 1);
    store.commit();
  }

  @TearDown
  public void close() throws IOException {
    store.close();
    directory.close();
  }

  private long offset() {
    return (long) blocks[next++ & BLOCKS - 1] << Block.SHIFT;
  }

  @Benchmark
  public int read() throws StoreException {
    return file.read(offset(), memory.address(), Block.BYTES);
  }

  @Benchmark
  public void overwrite() throws StoreException {
    file.write(offset(), memory.address(), Block.BYTES);
  }

  /**
   * The first write to each block of a fork, and then of the next one: with its share of copying
   * map pages, committing, and removing the fork before.
   */
  @Benchmark
  public void writeToFork() throws StoreException {
    if ((next & BLOCKS - 1) == 0) {
      CowFile full = fork;
      fork = bytes.fork(file);
      if (full != null) {
        store.change().removeFile(full).apply();
      }
    }
    fork.write(offset(), memory.address(), Block.BYTES);
  }
}
