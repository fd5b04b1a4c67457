package dev.pando.cowstore.segment;

import dev.pando.cowstore.catalog.Catalog;
import dev.pando.cowstore.io.NativeIo;
import dev.pando.cowstore.io.TemporaryDirectory;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** One block after the other for one file; all come back when a segment's sixteenth is used. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class AllocatorBenchmark {
  private static final int MOST_TAKEN = Block.PER_SEGMENT / 16;
  private static final long GROUP = 1000;

  private final Window window = new Window(GROUP);
  private final Runs taken = new Runs();
  private int count;
  private TemporaryDirectory directory;
  private Catalog catalog;
  private Segments segments;
  private Allocator allocator;

  @Setup
  public void open() throws IOException {
    NativeIo io = new NativeIo();
    directory = TemporaryDirectory.create();
    catalog = Catalog.open(directory.path().resolve("catalog"));
    segments = Segments.open(directory.path().resolve("segments"), io);
    allocator =
        new Allocator(segments, catalog, io, directory.path(), 0, () -> Long.MAX_VALUE, () -> 0);
  }

  @TearDown
  public void close() throws IOException {
    segments.close();
    catalog.close();
    directory.close();
  }

  @Benchmark
  public long allocate() throws IOException {
    if (++count == MOST_TAKEN) {
      allocator.release(taken);
      taken.clear();
      count = 0;
    }
    long run = allocator.allocate(window, 1);
    taken.add(Runs.address(run), 1);
    return run;
  }
}
