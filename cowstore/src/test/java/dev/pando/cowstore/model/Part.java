package dev.pando.cowstore.model;

import java.util.ArrayList;
import java.util.List;

/** A piece of a range of bytes. */
record Part(long offset, long length) {
  /** The pieces of a range that lie in one unit each, in order. */
  static List<Part> split(long offset, long length, long unitBytes) {
    List<Part> parts = new ArrayList<>();
    long end = offset + length;
    for (long at = offset; at < end; ) {
      long next = Math.min(end, (at / unitBytes + 1) * unitBytes);
      parts.add(new Part(at, next - at));
      at = next;
    }
    return parts;
  }

  long end() {
    return offset + length;
  }
}
