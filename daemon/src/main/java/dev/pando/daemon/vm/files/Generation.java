package dev.pando.daemon.vm.files;

import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.TreeView;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * An earlier generation of a template: what it was when it was frozen that time. It is kept in a
 * hidden directory, which ends with the template's own.
 *
 * @param number from 1
 * @param frozenNanos when it was frozen, nanoseconds since the epoch
 * @param directory inode of the hidden directory
 */
public record Generation(int number, long frozenNanos, long directory) {
  /** The first byte of a label, which tells what is kept. */
  private static final byte KIND = 1;

  private static final int LABEL_BYTES = 1 + Integer.BYTES + Long.BYTES;

  /** The label of the hidden directory: {@code daemon/TREE-FORMAT.md}, chapter 5. */
  public static byte[] label(int number, long frozenNanos) {
    return ByteBuffer.allocate(LABEL_BYTES).put(KIND).putInt(number).putLong(frozenNanos).array();
  }

  /** The generations that are kept of a VM, the oldest first. */
  public static List<Generation> of(TreeView view, long vm) throws ErrnoException {
    List<Generation> generations = new ArrayList<>();
    for (Map.Entry<Long, byte[]> kept : view.kept(vm).entrySet()) {
      ByteBuffer label = ByteBuffer.wrap(kept.getValue());
      if (label.get() == KIND) {
        generations.add(new Generation(label.getInt(), label.getLong(), kept.getKey()));
      }
    }
    generations.sort(Comparator.comparingInt(Generation::number));
    return generations;
  }
}
