package dev.pando.daemon.vm.making;

import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.TreeEdit;
import dev.pando.daemon.tree.TreeView;
import dev.pando.daemon.vm.files.Failures;
import dev.pando.daemon.vm.files.MachineException;
import dev.pando.daemon.vmware.Identity;
import dev.pando.daemon.vmware.MachineUuid;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * New identities, none of which has a MAC address that any VM of the store ever got. On record is
 * for each UUID its last three bytes, from which VMware derives addresses; it is never taken back.
 * One object serves one operation, whose thread holds the lock on operations.
 */
public final class Identities {
  /** The table of {@code daemon/TREE-FORMAT.md}, chapter 5. */
  private static final byte TABLE = 0x41;

  private static final int SUFFIX_MASK = 0xFF_FFFF;

  private final TreeView view;
  private final SecureRandom random = new SecureRandom();

  /** Whether a suffix is on record, as far as asked; the ones given out here are. */
  private final Map<Integer, Boolean> known = new HashMap<>();

  public Identities(TreeView view) {
    this.view = view;
  }

  /** An identity that nobody has. */
  public Identity next() throws MachineException {
    try {
      Identity identity = Identity.random(random, this::isTaken);
      known.put(identity.uuid().macSuffix(), true);
      return identity;
    } catch (UnreadableException e) {
      throw Failures.translate(e.failure);
    }
  }

  /** {@code count} identities. */
  public List<Identity> next(int count) throws MachineException {
    List<Identity> identities = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      identities.add(next());
    }
    return identities;
  }

  /** Whether an adapter of some machine may have this suffix. */
  private boolean isTaken(int suffix) {
    for (int adapter = 0; adapter < Identity.MAX_ADAPTERS; adapter++) {
      int base = (suffix - adapter * Identity.ADAPTER_STEP) & SUFFIX_MASK;
      if (known.computeIfAbsent(base, this::isOnRecord)) {
        return true;
      }
    }
    return false;
  }

  private boolean isOnRecord(int suffix) {
    try {
      return view.record(key(suffix)).isPresent();
    } catch (ErrnoException e) {
      throw new UnreadableException(e);
    }
  }

  /** Puts a machine's identity on record. */
  public static void record(TreeEdit edit, MachineUuid uuid, long directory) {
    edit.putRecord(
        key(uuid.macSuffix()), ByteBuffer.allocate(Long.BYTES).putLong(directory).array());
  }

  private static byte[] key(int suffix) {
    return new byte[] {TABLE, (byte) (suffix >> 16), (byte) (suffix >> 8), (byte) suffix};
  }

  /** Carries a failure through a predicate. */
  private static final class UnreadableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final ErrnoException failure;

    UnreadableException(ErrnoException failure) {
      super(failure);
      this.failure = failure;
    }
  }
}
