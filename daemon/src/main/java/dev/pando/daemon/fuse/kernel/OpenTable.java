package dev.pando.daemon.fuse.kernel;

import dev.pando.daemon.tree.Errno;
import dev.pando.daemon.tree.ErrnoException;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.util.BitSet;

/**
 * What is open, where it outlives the daemon: without it a running guest would look powered off to
 * the next one, and a file that was unlinked while it was open would be gone. It means something
 * only as long as the mount is there, so it lies in {@link MountMemory} and not in the store, and
 * costs no record in the journal. Thread-safe.
 *
 * <pre>
 *   header 0  u32  entries that were ever used; after it, the entries:
 *   entry  0  u64  the file handle; 0: none, written last
 *          8  u64  node
 *         16  u32  open(2) flags
 *         20  u32  process that is on record as the opener, 0 for none
 *         24  u32  1: direct
 * </pre>
 */
final class OpenTable {
  /** How many files may be open at once through one mount. */
  static final int ENTRIES = 1 << 18;

  private static final int ENTRY_BYTES = 32;
  private static final int HEADER_BYTES = 32;
  static final int BYTES = HEADER_BYTES + ENTRIES * ENTRY_BYTES;

  private static final int NODE_AT = 8;
  private static final int FLAGS_AT = 16;
  private static final int PROCESS_AT = 20;
  private static final int DIRECT_AT = 24;

  private final ByteBuffer memory;
  private final int base;

  /** Entries in use; guarded by this. */
  private final BitSet used = new BitSet();

  /** All below are in use; guarded by this. */
  private int firstFree;

  /** The table in {@code memory}, with what stands in it. */
  OpenTable(MountMemory memory) {
    this.memory = memory.buffer();
    this.base = memory.openTableAt();
  }

  /** Takes what an earlier daemon left in it. */
  interface Visitor {
    /** Returns whether it is open from now on; if not, the entry goes. */
    boolean open(int place, long handle, long node, int flags, int processId, boolean direct);
  }

  /** Offers every entry that an earlier daemon left. */
  synchronized void forEach(Visitor visitor) {
    int everUsed = memory.getInt(base);
    for (int place = 0; place < everUsed; place++) {
      int at = at(place);
      long handle = memory.getLong(at);
      if (handle == 0) {
        continue;
      }
      boolean stays =
          visitor.open(
              place,
              handle,
              memory.getLong(at + NODE_AT),
              memory.getInt(at + FLAGS_AT),
              memory.getInt(at + PROCESS_AT),
              memory.getInt(at + DIRECT_AT) != 0);
      if (stays) {
        used.set(place);
      } else {
        memory.putLong(at, 0);
      }
    }
  }

  /**
   * Notes that a file is open.
   *
   * @return the place of the entry, for {@link #remove}
   * @throws ErrnoException ENFILE if the table is full
   */
  synchronized int add(long handle, long node, int flags, int processId, boolean direct)
      throws ErrnoException {
    int place = used.nextClearBit(firstFree);
    if (place >= ENTRIES) {
      throw new ErrnoException(Errno.ENFILE);
    }
    used.set(place);
    firstFree = place + 1;
    memory.putInt(base, Math.max(memory.getInt(base), place + 1));
    int at = at(place);
    memory.putLong(at + NODE_AT, node);
    memory.putInt(at + FLAGS_AT, flags);
    memory.putInt(at + PROCESS_AT, processId);
    memory.putInt(at + DIRECT_AT, direct ? 1 : 0);
    VarHandle.releaseFence();
    memory.putLong(at, handle);
    return place;
  }

  /** The file is closed. */
  synchronized void remove(int place) {
    memory.putLong(at(place), 0);
    used.clear(place);
    firstFree = Math.min(firstFree, place);
  }

  private int at(int place) {
    return base + HEADER_BYTES + place * ENTRY_BYTES;
  }
}
