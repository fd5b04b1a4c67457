package dev.pando.cowstore;

import dev.pando.cowstore.StampLoad.Least;
import dev.pando.cowstore.StampLoad.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/**
 * A process that verifies what earlier ones were acknowledged, and writes stamps into a store, and
 * what it did into a mapped file, until killed; beside it goes on what {@link CopyKeeper} does.
 */
final class StampWriter {
  static final Shape SHAPE = new Shape(3, 240, 6144, 4);

  private static final long COMMIT_INTERVAL_MILLIS = 30;

  private StampWriter() {}

  /** Arguments: the store, the file of the ledger, a seed, the ids of the files. */
  public static void main(String[] arguments) throws IOException {
    long[] fileIds =
        Arrays.stream(arguments, 3, arguments.length).mapToLong(Long::parseLong).toArray();
    CowStore store = CowStore.open(Path.of(arguments[0]), options());
    long seed = Long.parseLong(arguments[2]);
    CopyKeeper copies = new CopyKeeper(store, fileIds, seed);
    StampLoad load = new StampLoad(SHAPE, ledger(Path.of(arguments[1])), fileIds);
    load.requireAll(store, Least.ACKNOWLEDGED);
    Crew crew = new Crew();
    crew.start(() -> copies.run(() -> false));
    load.writers(store, seed, () -> false).forEach(crew::start);
    try {
      crew.join();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** As the other tests, but with commits of its own accord all the time. */
  static StoreOptions options() {
    return Machine.options().withCommitIntervalMillis(COMMIT_INTERVAL_MILLIS);
  }

  /** The ledger in a file, which is made if it does not exist. */
  static Ledger ledger(Path file) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer memory =
          channel.map(FileChannel.MapMode.READ_WRITE, 0, Ledger.bytes(SHAPE.allCells()));
      return new Ledger(memory);
    }
  }
}
