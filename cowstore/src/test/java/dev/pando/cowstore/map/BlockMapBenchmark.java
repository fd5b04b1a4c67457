package dev.pando.cowstore.map;

import dev.pando.cowstore.catalog.Catalog;
import dev.pando.cowstore.io.TemporaryDirectory;
import java.io.IOException;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Where a random block of a file of 1 GiB is: in a map of its own, and at the end of a chain of
 * forks, each of which changed some blocks.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class BlockMapBenchmark {
  private static final int LEAVES = 1024;
  private static final int BLOCKS = LEAVES * MapPage.ENTRIES;
  private static final int CHANGES_PER_FORK = 32;
  private static final int CHOICES = 1 << 16;
  private static final int RECENT_PAGES = 32_768;

  @Param({"0", "64"})
  int forks;

  private final Random random = new Random(1);
  private final MapPath path = new MapPath();
  private final int[] blocks = random.ints(CHOICES, 0, BLOCKS).toArray();
  private int next;
  private long nextAddress = 1;
  private TemporaryDirectory directory;
  private Catalog catalog;
  private BlockMap map;

  @Setup
  public void open() throws IOException {
    directory = TemporaryDirectory.create();
    catalog = Catalog.open(directory.path());
    PageTable table = new PageTable(catalog, 1, RECENT_PAGES);
    map = new BlockMap(table, null, 1, 0, 0, 0);
    for (int leaf = 0; leaf < LEAVES; leaf++) {
      write(leaf, 0, MapPage.ENTRIES);
    }
    for (int fork = 0; fork < forks; fork++) {
      BlockMap child = new BlockMap(table, null, 3 + 2L * fork, 0, 0, 0);
      child.share(map);
      map.disown(2 + 2L * fork);
      map = child;
      for (int i = 0; i < CHANGES_PER_FORK; i++) {
        write(random.nextInt(LEAVES), random.nextInt(MapPage.ENTRIES), 1);
      }
    }
  }

  private void write(int leaf, int slot, int count) throws IOException {
    map.trace(leaf, path);
    map.map(map.own(leaf, path), slot, nextAddress, count, Entry.PRIVATE, address -> {});
    nextAddress += count;
  }

  @TearDown
  public void close() throws IOException {
    catalog.close();
    directory.close();
  }

  private int block() {
    return blocks[next++ & CHOICES - 1];
  }

  /** As a read does. */
  @Benchmark
  public long lookUp() throws IOException {
    int block = block();
    return Entry.data(map.leaf(block >>> MapPage.BITS).entry(block & MapPage.ENTRIES - 1));
  }

  /** As a write does. */
  @Benchmark
  public long trace() throws IOException {
    int block = block();
    map.trace(block >>> MapPage.BITS, path);
    return path.leaf().entry(block & MapPage.ENTRIES - 1);
  }
}
