package dev.pando.daemon.vm;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * What Pando remembers of a VM beside its files; attached to its directory's inode, so that it
 * follows the VM wherever that is moved, and ends with it. A directory without one is a plain VM.
 *
 * @param parentNode inode of the parent's directory; 0 if it has no parent
 * @param parentName what the parent was called when it was cloned
 * @param parentGeneration the generation it was cloned from; 0 if the parent was no template
 * @param generation how often it was frozen
 * @param createdNanos when it was cloned or imported, nanoseconds since the epoch; 0 if unknown
 */
record VmRecord(
    long parentNode, String parentName, int parentGeneration, int generation, long createdNanos) {

  static final VmRecord PLAIN = new VmRecord(0, "", 0, 0, 0);

  private static final byte VERSION = 1;
  private static final int HEADER_BYTES = 1 + Long.BYTES + 2 * Integer.BYTES + Long.BYTES;

  static VmRecord imported(long createdNanos) {
    return new VmRecord(0, "", 0, 0, createdNanos);
  }

  static VmRecord cloned(long parentNode, String parentName, int generation, long createdNanos) {
    return new VmRecord(parentNode, parentName, generation, 0, createdNanos);
  }

  boolean hasParent() {
    return parentNode != 0;
  }

  VmRecord withNextGeneration() {
    return new VmRecord(parentNode, parentName, parentGeneration, generation + 1, createdNanos);
  }

  /** The record's bytes: {@code daemon/TREE-FORMAT.md}, chapter 4. */
  byte[] encode() {
    byte[] name = parentName.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(HEADER_BYTES + name.length)
        .put(VERSION)
        .putLong(parentNode)
        .putInt(parentGeneration)
        .putInt(generation)
        .putLong(createdNanos)
        .put(name)
        .array();
  }

  /** Reads a record; none, or one of another version, is {@link #PLAIN}. */
  static VmRecord decode(Optional<byte[]> value) {
    if (value.isEmpty() || value.get().length < HEADER_BYTES || value.get()[0] != VERSION) {
      return PLAIN;
    }
    byte[] bytes = value.get();
    ByteBuffer in = ByteBuffer.wrap(bytes, 1, bytes.length - 1);
    long parentNode = in.getLong();
    int parentGeneration = in.getInt();
    int generation = in.getInt();
    long createdNanos = in.getLong();
    String parentName =
        new String(bytes, HEADER_BYTES, bytes.length - HEADER_BYTES, StandardCharsets.UTF_8);
    return new VmRecord(parentNode, parentName, parentGeneration, generation, createdNanos);
  }
}
