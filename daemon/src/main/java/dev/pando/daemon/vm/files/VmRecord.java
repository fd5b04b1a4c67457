package dev.pando.daemon.vm.files;

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
 * @param independent whether it is a full clone, which shares no block with its parent
 * @param generation how often it was frozen
 * @param createdNanos when it was cloned or imported, nanoseconds since the epoch; 0 if unknown
 * @param frozenNanos when it was last frozen; 0 if never
 */
public record VmRecord(
    long parentNode,
    String parentName,
    int parentGeneration,
    boolean independent,
    int generation,
    long createdNanos,
    long frozenNanos) {

  public static final VmRecord PLAIN = new VmRecord(0, "", 0, false, 0, 0, 0);

  /** Which attachment of the directory it is. */
  public static final byte PART = 1;

  private static final int HEADER_BYTES = 3 * Long.BYTES + 2 * Integer.BYTES + 1;

  public static VmRecord imported(long createdNanos) {
    return new VmRecord(0, "", 0, false, 0, createdNanos, 0);
  }

  /** The record of a clone of {@code generation} of the VM {@code name}, 0 if it is no template. */
  public static VmRecord cloned(
      long node, String name, int generation, boolean independent, long createdNanos) {
    return new VmRecord(node, name, generation, independent, 0, createdNanos, 0);
  }

  public boolean hasParent() {
    return parentNode != 0;
  }

  public VmRecord frozenAgain(long nowNanos) {
    return new VmRecord(
        parentNode,
        parentName,
        parentGeneration,
        independent,
        generation + 1,
        createdNanos,
        nowNanos);
  }

  /** The record's bytes: {@code daemon/TREE-FORMAT.md}, chapter 4. */
  public byte[] encode() {
    byte[] name = parentName.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(HEADER_BYTES + name.length)
        .putLong(parentNode)
        .putInt(parentGeneration)
        .put((byte) (independent ? 1 : 0))
        .putInt(generation)
        .putLong(createdNanos)
        .putLong(frozenNanos)
        .put(name)
        .array();
  }

  /** Reads a record; none is {@link #PLAIN}. */
  public static VmRecord decode(Optional<byte[]> value) {
    return value.map(VmRecord::decode).orElse(PLAIN);
  }

  public static VmRecord decode(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    long parentNode = in.getLong();
    int parentGeneration = in.getInt();
    boolean independent = in.get() != 0;
    int generation = in.getInt();
    long createdNanos = in.getLong();
    long frozenNanos = in.getLong();
    String parentName = StandardCharsets.UTF_8.decode(in).toString();
    return new VmRecord(
        parentNode,
        parentName,
        parentGeneration,
        independent,
        generation,
        createdNanos,
        frozenNanos);
  }
}
