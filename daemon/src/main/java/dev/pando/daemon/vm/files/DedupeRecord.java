package dev.pando.daemon.vm.files;

import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.FileSystem;
import dev.pando.daemon.tree.TreeView;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * Whether equal blocks are looked for in a VM, and how far that has come; attached to its
 * directory, and of the whole store to the root.
 *
 * @param off never
 * @param due there is something to look for, because it was frozen or imported
 * @param file files with a lower inode number were searched
 * @param offset how far this one was
 */
public record DedupeRecord(boolean off, boolean due, long file, long offset) {
  public static final byte PART = 4;
  public static final DedupeRecord NONE = new DedupeRecord(false, false, 0, 0);
  private static final int OFF = 1;
  private static final int DUE = 2;

  /** The record of a directory, {@link #NONE} if it has none. */
  public static DedupeRecord of(TreeView view, long directory) throws ErrnoException {
    return decode(view.attachment(directory, PART));
  }

  /** Whether equal blocks are looked for in the store at all. */
  public static boolean isSwitchedOn(TreeView view) throws ErrnoException {
    return !of(view, FileSystem.ROOT).off();
  }

  /** The record's bytes: {@code daemon/TREE-FORMAT.md}, chapter 4. */
  public byte[] encode() {
    return ByteBuffer.allocate(1 + 2 * Long.BYTES)
        .put((byte) ((off ? OFF : 0) | (due ? DUE : 0)))
        .putLong(file)
        .putLong(offset)
        .array();
  }

  public static DedupeRecord decode(Optional<byte[]> value) {
    if (value.isEmpty()) {
      return NONE;
    }
    ByteBuffer in = ByteBuffer.wrap(value.get());
    int flags = in.get();
    return new DedupeRecord((flags & OFF) != 0, (flags & DUE) != 0, in.getLong(), in.getLong());
  }

  public DedupeRecord withOff(boolean value) {
    return new DedupeRecord(value, due, file, offset);
  }

  /**
   * Of a VM that was just imported or frozen: due from the beginning. If it is switched off for the
   * store nothing becomes due, also when it is switched on soon.
   */
  public DedupeRecord dueNow(TreeView view) throws ErrnoException {
    return new DedupeRecord(off, isSwitchedOn(view), 0, 0);
  }

  public DedupeRecord reached(long newFile, long newOffset) {
    return new DedupeRecord(off, true, newFile, newOffset);
  }

  public DedupeRecord done() {
    return new DedupeRecord(off, false, 0, 0);
  }
}
