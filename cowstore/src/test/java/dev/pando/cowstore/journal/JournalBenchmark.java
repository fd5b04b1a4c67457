package dev.pando.cowstore.journal;

import dev.pando.cowstore.io.NativeIo;
import dev.pando.cowstore.io.TemporaryDirectory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** The record of a write to one new block, appended to a journal of the usual size. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class JournalBenchmark {
  private static final int JOURNAL_BYTES = 64 << 20;
  private static final int WRITE = 1;

  /** File, size, time and leaf; one extent. */
  private static final int BODY_BYTES = 4 * Long.BYTES + Integer.BYTES + 12;

  private TemporaryDirectory directory;
  private Journal journal;
  private long time;

  @Setup
  public void open() throws IOException {
    directory = TemporaryDirectory.create();
    NativeIo io = new NativeIo();
    journal = new Journal(io.map(directory.path().resolve("journal"), JOURNAL_BYTES));
    journal.begin(new JournalHeader(UUID.randomUUID(), 1, 7, "", 0, JOURNAL_BYTES), 0, 0);
  }

  @TearDown
  public void close() throws IOException {
    journal.close();
    directory.close();
  }

  @Benchmark
  public long append() {
    if (journal.usedBytes() > journal.capacityBytes() / 2) {
      journal.trim(journal.position()); // as after a commit
    }
    time++;
    ByteBuffer body = journal.begin(WRITE, BODY_BYTES);
    body.putLong(1000).putLong(1L << 30).putLong(time).putLong(time & 1023);
    body.putInt(1).putShort((short) 17).putShort((short) 1).putLong(time);
    return journal.end();
  }
}
