package dev.pando.daemon.vm.listing;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.pando.daemon.tree.TreeNode;
import dev.pando.daemon.tree.TreeView;
import dev.pando.daemon.vm.files.Inspection;
import dev.pando.daemon.vm.files.MachineException;
import dev.pando.daemon.vm.files.MachineIdentity;
import dev.pando.daemon.vm.files.UnsoundException;
import dev.pando.daemon.vm.files.VmDirectory;
import dev.pando.daemon.vm.files.VmFile;
import java.util.Optional;

/**
 * The identities of VMs, read from their configurations and remembered until those change: a list
 * of ten thousand VMs reads each once. Thread-safe.
 */
public final class KnownIdentities {
  private static final int MAX_KNOWN = 20_000;

  /** Times move in steps: what changed just now may change again without a later time. */
  private static final long SETTLED_NANOS = 1_000_000_000L;

  private final TreeView view;
  private final Cache<Version, MachineIdentity> known =
      Caffeine.newBuilder().maximumSize(MAX_KNOWN).build();

  public KnownIdentities(TreeView view) {
    this.view = view;
  }

  /** A configuration as it is until somebody changes it. */
  private record Version(long node, long sizeBytes, long modifyNanos) {}

  /** The VM's identity; of one that can not be read, or is ambiguous, none. */
  public MachineIdentity of(VmDirectory vm) throws MachineException {
    Inspection inspection = vm.inspect(view);
    Optional<String> configuration =
        inspection.layout().configuration().or(() -> inspection.layout().domain());
    if (configuration.isEmpty() || inspection.layout().isAmbiguous()) {
      return MachineIdentity.NONE;
    }
    Optional<TreeNode> node =
        vm.files().stream()
            .filter(file -> file.isTop() && file.name().equals(configuration.get()))
            .map(VmFile::node)
            .findFirst();
    if (node.isEmpty()) {
      return MachineIdentity.NONE;
    }
    Version version =
        new Version(node.get().number(), node.get().sizeBytes(), node.get().modifyNanos());
    MachineIdentity identity = known.getIfPresent(version);
    if (identity == null) {
      long readMillis = System.currentTimeMillis();
      identity = read(inspection);
      if (version.modifyNanos() < readMillis * 1_000_000 - SETTLED_NANOS) {
        known.put(version, identity);
      }
    }
    return identity;
  }

  private static MachineIdentity read(Inspection inspection) throws MachineException {
    try {
      return inspection.identity();
    } catch (UnsoundException unreadable) {
      return MachineIdentity.NONE;
    }
  }
}
