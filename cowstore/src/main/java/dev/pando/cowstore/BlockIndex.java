package dev.pando.cowstore;

import dev.pando.cowstore.io.MappedFile;
import dev.pando.cowstore.io.StoreIo;
import java.io.IOException;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where a block with some fingerprint was seen: a file and the number of the block in it. A hint:
 * of bounded size it forgets what is in the way, and what it says may be out of date, or anything
 * at all after a loss of power. Kept in a file of the store, which is made when it is first used.
 * Used by one thread at a time.
 */
final class BlockIndex implements AutoCloseable {
  private static final int WAYS = 4;
  private static final int WORDS = 3;

  private final Path path;
  private final StoreIo io;
  private final int length;
  private final int mask;
  private MappedFile file;
  private LongBuffer entries;
  private int victim;

  /** What it takes on the host; read by any thread. */
  private volatile long bytes;

  /**
   * @param places how many blocks it can hold, a power of two
   */
  BlockIndex(Path path, StoreIo io, int places) {
    this.path = path;
    this.io = io;
    this.length = places * WORDS * Long.BYTES;
    this.mask = places / WAYS - 1;
    this.bytes = Files.exists(path) ? length : 0;
  }

  /** Must be called before the index is used. */
  void open() throws IOException {
    if (file == null) {
      file = io.map(path, length);
      entries = file.buffer().asLongBuffer();
      bytes = length;
    }
  }

  long hostBytes() {
    return bytes;
  }

  /** What it would take if it were made now. */
  long missingBytes() {
    return length - bytes;
  }

  /** Forgets everything, and removes the file. */
  void discard() throws IOException {
    close();
    Files.deleteIfExists(path);
    bytes = 0;
  }

  /** The place of a fingerprint, or -1. */
  int find(long fingerprint) {
    int first = first(fingerprint);
    for (int at = first; at < first + WAYS * WORDS; at += WORDS) {
      if (entries.get(at) == fingerprint && entries.get(at + 1) != 0) {
        return at;
      }
    }
    return -1;
  }

  long file(int place) {
    return entries.get(place + 1);
  }

  long block(int place) {
    return entries.get(place + 2);
  }

  /** Remembers a block, and forgets another if there is no room. */
  void put(long fingerprint, long fileId, long block) {
    int first = first(fingerprint);
    int at = first + (victim++ & WAYS - 1) * WORDS;
    for (int free = first; free < first + WAYS * WORDS; free += WORDS) {
      if (entries.get(free + 1) == 0 || entries.get(free) == fingerprint) {
        at = free;
        break;
      }
    }
    entries.put(at, fingerprint).put(at + 1, fileId).put(at + 2, block);
  }

  private int first(long fingerprint) {
    return ((int) (fingerprint ^ fingerprint >>> 32) & mask) * WAYS * WORDS;
  }

  @Override
  public void close() throws IOException {
    if (file != null) {
      file.close();
      file = null;
      entries = null;
    }
  }
}
