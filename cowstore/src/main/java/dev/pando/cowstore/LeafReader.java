package dev.pando.cowstore;

import dev.pando.cowstore.io.NativeMemory;
import dev.pando.cowstore.map.Entry;
import dev.pando.cowstore.map.MapPage;
import dev.pando.cowstore.segment.Block;
import dev.pando.cowstore.segment.Runs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * Reads the blocks that a leaf stands for: those with a mark, and those beyond their family. So
 * each block of the store is read about once, however many leaves refer to it. Used by one thread.
 */
final class LeafReader {
  private final Engine engine;
  private final NativeMemory memory = NativeMemory.allocate(ReadPath.LEAF_BYTES);
  private final ByteBuffer bytes = memory.buffer();
  private final CRC32C crc = new CRC32C();

  /** Takes one block. */
  interface Visitor {
    /**
     * A block that was read.
     *
     * @param address where it was read, which the leaf need not say any more
     * @param checksum CRC32C of its bytes
     */
    void block(int slot, long address, int checksum) throws IOException;

    /** A block that could not be read. */
    default void unreadable(int slot, long address, IOException failure) throws IOException {
      throw failure;
    }
  }

  LeafReader(Engine engine) {
    this.engine = engine;
  }

  /** Reads the blocks; returns how many bytes. Within a request epoch. */
  long read(MapPage leaf, Visitor visitor) throws IOException {
    long read = 0;
    for (int slot = 0; slot < MapPage.ENTRIES; ) {
      long run = run(leaf, slot);
      if (Runs.address(run) != 0) {
        read(slot, Runs.address(run), Runs.count(run), visitor);
        read += (long) Runs.count(run) << Block.SHIFT;
      }
      slot += Runs.count(run);
    }
    return read;
  }

  /** The extent of blocks to read that begins in {@code slot}; its address is 0 if none does. */
  private long run(MapPage leaf, int slot) {
    long first = leaf.entry(slot);
    if (!isReadHere(first)) {
      return Runs.pack(0, 1);
    }
    int count = 1;
    while (slot + count < MapPage.ENTRIES && goesOn(first, count, leaf.entry(slot + count))) {
      count++;
    }
    return Runs.pack(Entry.address(first), count);
  }

  private boolean goesOn(long first, int count, long entry) {
    return isReadHere(entry) && ReadPath.follows(Entry.address(first), count, entry);
  }

  private boolean isReadHere(long entry) {
    long address = Entry.data(entry);
    return address != 0 && (Entry.isPrivate(entry) || engine.state.beyond.contains(address));
  }

  private void read(int slot, long address, int count, Visitor visitor) throws IOException {
    try {
      engine.segments.read(address, 0, memory.address(), count << Block.SHIFT);
    } catch (IOException e) {
      if (count == 1) {
        visitor.unreadable(slot, address, e);
        return;
      }
      for (int i = 0; i < count; i++) {
        read(slot + i, address + i, 1, visitor);
      }
      return;
    }
    for (int i = 0; i < count; i++) {
      crc.reset();
      crc.update(bytes.limit((i + 1) << Block.SHIFT).position(i << Block.SHIFT));
      visitor.block(slot + i, address + i, (int) crc.getValue());
    }
  }
}
