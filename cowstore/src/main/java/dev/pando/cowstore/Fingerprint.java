package dev.pando.cowstore;

import dev.pando.cowstore.segment.Block;
import java.nio.ByteBuffer;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;

/**
 * What blocks are looked up by when equal ones are sought: their CRC32C and CRC32. Used by one
 * thread.
 */
final class Fingerprint {
  private final CRC32C crc32c = new CRC32C();
  private final CRC32 crc32 = new CRC32();

  /** That of the block at {@code at}; moves the buffer's position and limit. */
  long of(ByteBuffer memory, int at) {
    crc32c.reset();
    crc32c.update(memory.limit(at + Block.BYTES).position(at));
    crc32.reset();
    crc32.update(memory.limit(at + Block.BYTES).position(at));
    return crc32c.getValue() << 32 | crc32.getValue();
  }
}
