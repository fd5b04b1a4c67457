package dev.pando.cowstore;

import dev.pando.cowstore.segment.Block;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** One block of 4 KiB after the other, of what was read at once. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class FingerprintBenchmark {
  private final ByteBuffer memory = ByteBuffer.allocateDirect(ReadPath.LEAF_BYTES);
  private final Fingerprint fingerprint = new Fingerprint();
  private final CRC32C crc = new CRC32C();
  private int next;

  @Setup
  public void fill() {
    byte[] bytes = new byte[ReadPath.LEAF_BYTES];
    new Random(1).nextBytes(bytes);
    memory.put(0, bytes);
  }

  private int at() {
    return next++ << Block.SHIFT & ReadPath.LEAF_BYTES - 1;
  }

  @Benchmark
  public long fingerprint() {
    return fingerprint.of(memory, at());
  }

  /** As {@link LeafReader} does it. */
  @Benchmark
  public long checksum() {
    int at = at();
    crc.reset();
    crc.update(memory.limit(at + Block.BYTES).position(at));
    return crc.getValue();
  }
}
