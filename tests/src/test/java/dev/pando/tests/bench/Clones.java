package dev.pando.tests.bench;

import com.fasterxml.jackson.databind.JsonNode;
import dev.pando.tests.MountedStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.SplittableRandom;

/** P: linked clones of a template in a store. */
final class Clones {
  /** An unwritten clone has its small files, and nothing else, for itself. */
  private static final long SMALL_FILES_BYTES = 64 << 10;

  /** What is written to each clone of a chain: 1 MiB in all. */
  private static final int PIECES = 16;

  private static final int PIECE_BYTES = 64 << 10;

  private final MountedStore store;
  private int made;

  Clones(MountedStore store) {
    this.store = store;
  }

  /** A new one, which shares every block with its parent: that is verified. */
  Subject fresh(String parent) throws IOException {
    String name = "s" + ++made;
    store.pando("clone", parent, name).succeeded();
    JsonNode shown = store.json("show", name);
    Path disk = disk(name);
    long size = shown.path("disks").path(0).path("sizeBytes").asLong();
    long shared = shown.path("sharedBytes").asLong();
    long own = shown.path("privateBytes").asLong();
    if (shared < size || own > SMALL_FILES_BYTES) {
      throw new IllegalStateException(name + " does not share its blocks: " + shown);
    }
    return new Subject(disk, () -> store.pando("remove", name).succeeded());
  }

  /** The last of a chain, each a clone of the one before that was written to here and there. */
  Subject chain(String parent, int depth) throws IOException {
    String last = parent;
    for (int i = 1; i <= depth; i++) {
      String name = String.format("deep%02d", i);
      store.pando("clone", last, name).succeeded();
      write(disk(name), i);
      last = name;
    }
    return new Subject(
        disk(last),
        () ->
            store
                .pando("remove", "deep", "--count", Integer.toString(depth), "--force")
                .succeeded());
  }

  private static void write(Path disk, long seed) throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    byte[] data = new byte[PIECE_BYTES];
    try (FileChannel channel = FileChannel.open(disk, StandardOpenOption.WRITE)) {
      for (int i = 0; i < PIECES; i++) {
        random.nextBytes(data);
        long at = random.nextLong(channel.size() / PIECE_BYTES) * PIECE_BYTES;
        channel.write(ByteBuffer.wrap(data), at);
      }
    }
  }

  Path disk(String name) {
    return store.at(name + "/" + name + "-flat.vmdk");
  }
}
