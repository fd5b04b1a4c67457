package dev.pando.cowstore;

import dev.pando.cowstore.io.NativeMemory;
import dev.pando.cowstore.map.Entry;
import dev.pando.cowstore.map.MapPage;
import dev.pando.cowstore.segment.Block;
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
     * @param checksum CRC32C of its bytes
     */
    void block(int slot, int checksum) throws IOException;

    /** A block that could not be read. */
    default void unreadable(int slot, IOException failure) throws IOException {
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
      int count = 1;
      if (isReadHere(leaf.entry(slot))) {
        long first = Entry.address(leaf.entry(slot));
        while (slot + count < MapPage.ENTRIES
            && isReadHere(leaf.entry(slot + count))
            && ReadPath.follows(first, count, leaf.entry(slot + count))) {
          count++;
        }
        read(slot, first, count, visitor);
        read += (long) count << Block.SHIFT;
      }
      slot += count;
    }
    return read;
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
        visitor.unreadable(slot, e);
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
      visitor.block(slot + i, (int) crc.getValue());
    }
  }
}
