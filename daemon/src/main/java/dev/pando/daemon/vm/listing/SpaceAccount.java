package dev.pando.daemon.vm.listing;

import dev.pando.cowstore.CowFile;
import dev.pando.cowstore.CowStore;
import dev.pando.cowstore.StoreException;
import dev.pando.cowstore.StoreStats;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.FileSystem;
import dev.pando.daemon.tree.TreeNode;
import dev.pando.daemon.tree.TreeView;
import dev.pando.daemon.vm.files.VmDirectory;
import dev.pando.daemon.vm.files.VmFile;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/** Adds up what the files of the tree are and what the store holds. Used by one thread. */
public final class SpaceAccount {
  private final Set<Long> counted = new HashSet<>();
  private long logicalBytes;
  private long mappedBytes;
  private long holeBytes;

  private SpaceAccount() {}

  /** The figures of the whole store, and what removing {@code vms} would free if there are any. */
  public static SpaceReport report(TreeView view, CowStore store, List<VmDirectory> vms)
      throws ErrnoException, StoreException {
    long sharedOtherwise = store.sharedOtherwiseBytes();
    StoreStats stats = store.stats();
    SpaceAccount account = new SpaceAccount();
    account.addAll(VmFile.below(view, FileSystem.ROOT));
    for (long generation : view.kept().keySet()) {
      account.addAll(VmFile.below(view, generation));
    }
    return new SpaceReport(
        account.logicalBytes,
        stats.storedBytes(),
        stats.metadataBytes(),
        Math.max(0, account.mappedBytes - stats.storedBytes() - sharedOtherwise),
        sharedOtherwise,
        account.holeBytes,
        Math.max(0, store.hostBytes() - stats.metadataBytes() - stats.storedBytes()),
        stats.capacityBytes(),
        vms.isEmpty()
            ? OptionalLong.empty()
            : OptionalLong.of(store.freedIfRemovedBytes(data(view, vms))));
  }

  /** The data of VMs, and of the generations that end with them. */
  private static Set<CowFile> data(TreeView view, List<VmDirectory> vms) throws ErrnoException {
    List<VmFile> files = new ArrayList<>();
    for (VmDirectory vm : vms) {
      files.addAll(vm.files());
      for (long generation : view.kept(vm.node().number()).keySet()) {
        files.addAll(VmFile.below(view, generation));
      }
    }
    Set<CowFile> data = new HashSet<>();
    for (VmFile file : files) {
      if (file.node().isRegular()) {
        data.add(view.file(file.node().number()));
      }
    }
    return data;
  }

  private void addAll(List<VmFile> files) {
    files.forEach(file -> add(file.node()));
  }

  private void add(TreeNode node) {
    if (node.isRegular() && counted.add(node.number())) {
      logicalBytes += node.sizeBytes();
      mappedBytes += node.mappedBytes();
      holeBytes += Math.max(0, node.sizeBytes() - node.mappedBytes());
    }
  }
}
