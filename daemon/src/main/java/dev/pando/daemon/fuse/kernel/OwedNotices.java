package dev.pando.daemon.fuse.kernel;

import dev.pando.daemon.tree.Notice;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the kernel is still to be told of changes that it did not ask for, where it outlives the
 * daemon: noted before the change is made, struck out when the kernel has heard of it. Telling it
 * of a change that was never made does no harm. Thread-safe.
 *
 * <pre>
 *   header 0  u32  bytes in use after the header; 0: nothing is owed
 *   notice 0  u64  node
 *          8  i32  length of the name; -1: the notice is of the node itself
 *         12       the name
 * </pre>
 */
final class OwedNotices {
  private static final Logger LOG = LoggerFactory.getLogger(OwedNotices.class);

  /** One change of the store, at most a quarter of its journal, names all that is noted for it. */
  private static final int NOTICES_BYTES = 16 << 20;

  private static final int HEADER_BYTES = 8;
  static final int BYTES = HEADER_BYTES + NOTICES_BYTES;

  private static final int NAME_BYTES_AT = 8;
  private static final int NAME_AT = 12;
  private static final int NO_NAME = -1;

  private final ByteBuffer memory;
  private final int base;

  /** Changes whose notices are not all told yet; with the last the memory is free. */
  private int untold;

  /** The notices in {@code memory}, with what stands there. */
  OwedNotices(MountMemory memory) {
    this.memory = memory.buffer();
    this.base = memory.owedNoticesAt();
    this.untold = inUse() == 0 ? 0 : 1;
  }

  private int inUse() {
    return memory.getInt(base);
  }

  /** What an earlier daemon did not come to tell; {@link #settle} is due for it, unless empty. */
  synchronized List<Notice> earlier() {
    List<Notice> notices = new ArrayList<>();
    for (int at = 0; at < inUse(); ) {
      int from = base + HEADER_BYTES + at;
      int nameBytes = memory.getInt(from + NAME_BYTES_AT);
      byte[] name = nameBytes == NO_NAME ? null : new byte[nameBytes];
      if (name != null) {
        memory.get(from + NAME_AT, name);
      }
      notices.add(new Notice(memory.getLong(from), name));
      at += bytes(name);
    }
    return notices;
  }

  /**
   * Notes what a change that is about to be made will have to tell. What finds no room is told by
   * this process or by none.
   *
   * @return to be run when all of it was told
   */
  synchronized Runnable owe(List<Notice> notices) {
    int at = inUse();
    for (Notice notice : notices) {
      byte[] name = notice.name();
      if (at + bytes(name) > NOTICES_BYTES) {
        LOG.warn("no room to note what the kernel is owed");
        break;
      }
      int to = base + HEADER_BYTES + at;
      memory.putLong(to, notice.node());
      memory.putInt(to + NAME_BYTES_AT, name == null ? NO_NAME : name.length);
      if (name != null) {
        memory.put(to + NAME_AT, name);
      }
      at += bytes(name);
    }
    VarHandle.releaseFence();
    memory.putInt(base, at);
    VarHandle.releaseFence();
    untold++;
    return this::settle;
  }

  /** One change has been told of. */
  synchronized void settle() {
    untold--;
    if (untold == 0) {
      memory.putInt(base, 0);
    }
  }

  private static int bytes(byte[] name) {
    return NAME_AT + (name == null ? 0 : name.length);
  }
}
