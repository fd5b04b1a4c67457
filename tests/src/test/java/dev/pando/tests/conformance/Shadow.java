package dev.pando.tests.conformance;

import java.util.Arrays;

/** What a file should hold: a copy in memory. Not thread-safe. */
final class Shadow {
  private byte[] content;

  Shadow() {
    this(new byte[0]);
  }

  private Shadow(byte[] content) {
    this.content = content;
  }

  /** One of its own that holds the same. */
  Shadow copy() {
    return new Shadow(content.clone());
  }

  int size() {
    return content.length;
  }

  void resize(int size) {
    content = Arrays.copyOf(content, size);
  }

  void write(byte[] data, int offset) {
    if (offset + data.length > content.length) {
      resize(offset + data.length);
    }
    System.arraycopy(data, 0, content, offset, data.length);
  }

  void append(byte[] data) {
    write(data, content.length);
  }

  /** Zeroes a range, as far as the file goes. */
  void zero(int offset, int length) {
    if (offset < content.length) {
      Arrays.fill(content, offset, Math.min(content.length, offset + length), (byte) 0);
    }
  }

  /** The bytes of a range, as far as the file goes. */
  byte[] read(int offset, int length) {
    int from = Math.min(offset, content.length);
    return Arrays.copyOfRange(content, from, Math.min(content.length, offset + length));
  }

  /** Where {@code actual}, read from {@code offset}, differs first from this; -1 if nowhere. */
  int difference(byte[] actual, int offset) {
    byte[] expected = read(offset, actual.length);
    int at = Arrays.mismatch(expected, actual);
    return at < 0 ? -1 : offset + at;
  }
}
