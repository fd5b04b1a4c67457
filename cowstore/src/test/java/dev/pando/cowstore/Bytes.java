package dev.pando.cowstore;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.pando.cowstore.io.NativeBuffer;
import java.util.Arrays;

/** Fills and reads files of a store with runs of one and the same byte. */
final class Bytes {
  private static final int LARGEST_BYTES = 1 << 20;

  private final CowStore store;
  private final NativeBuffer memory = NativeBuffer.of(LARGEST_BYTES);

  Bytes(CowStore store) {
    this.store = store;
  }

  /** A new, empty file. */
  CowFile create() throws StoreException {
    long id = store.nextNumber();
    store.change().createFile(id, 1).apply();
    return store.file(id);
  }

  CowFile fork(CowFile source) throws StoreException {
    long id = store.nextNumber();
    store.change().fork(source, id, 1).apply();
    return store.file(id);
  }

  void fill(CowFile file, long offset, long length, int value) throws StoreException {
    byte[] content = filled((int) Math.min(length, LARGEST_BYTES), value);
    memory.bytes().put(0, content);
    for (long done = 0; done < length; done += LARGEST_BYTES) {
      file.write(offset + done, memory.address(), (int) Math.min(LARGEST_BYTES, length - done));
    }
  }

  void requireFilled(CowFile file, long offset, long length, int value) throws StoreException {
    for (long done = 0; done < length; done += LARGEST_BYTES) {
      int part = (int) Math.min(LARGEST_BYTES, length - done);
      assertArrayEquals(filled(part, value), read(file, offset + done, part));
    }
  }

  /** Exactly {@code length} bytes, at most 1 MiB. */
  byte[] read(CowFile file, long offset, int length) throws StoreException {
    assertEquals(length, file.read(offset, memory.address(), length), "bytes at " + offset);
    return memory.first(length);
  }

  private static byte[] filled(int length, int value) {
    byte[] content = new byte[length];
    Arrays.fill(content, (byte) value);
    return content;
  }
}
