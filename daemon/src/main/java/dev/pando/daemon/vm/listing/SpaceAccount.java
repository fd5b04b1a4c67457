package dev.pando.daemon.vm.listing;

import dev.pando.cowstore.CowFile;
import dev.pando.cowstore.CowStore;
import dev.pando.cowstore.StoreException;
import dev.pando.cowstore.StoreStats;
import dev.pando.daemon.tree.Errno;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.FileSystem;
import dev.pando.daemon.tree.TreeNode;
import dev.pando.daemon.tree.TreeView;
import dev.pando.daemon.vm.files.VmDirectory;
import dev.pando.daemon.vm.files.VmFile;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** Adds up what the files of the tree are and what the store holds. Used by one thread. */
public final class SpaceAccount {
  private final Set<Long> counted = new HashSet<>();
  private long logicalBytes;
  private long mappedBytes;
  private long holeBytes;

  private SpaceAccount() {}

  /**
   * The figures of the whole store and of VMs, and what removing those that were named would free.
   *
   * @param all every VM
   * @param vms those that were named; may be empty
   */
  public static SpaceReport report(
      TreeView view, CowStore store, List<VmDirectory> all, List<VmDirectory> vms)
      throws ErrnoException, StoreException {
    long sharedOtherwise = store.sharedOtherwiseBytes();
    StoreStats stats = store.stats();
    SpaceAccount account = new SpaceAccount();
    account.addAll(VmFile.below(view, FileSystem.ROOT));
    for (long generation : view.kept().keySet()) {
      account.addAll(below(view, generation));
    }
    return new SpaceReport(
        account.logicalBytes,
        stats.storedBytes(),
        stats.metadataBytes(),
        Math.max(0, account.mappedBytes - stats.storedBytes() - sharedOtherwise),
        sharedOtherwise,
        account.holeBytes,
        Math.max(0, store.hostBytes() - stats.metadataBytes() - stats.storedBytes()),
        store.setAsideBytes(),
        stats.capacityBytes(),
        perVm(view, store, all, vms.isEmpty() ? all : vms),
        vms.isEmpty()
            ? OptionalLong.empty()
            : OptionalLong.of(store.freedIfRemovedBytes(data(view, vms))));
  }

  private static List<VmSpace> perVm(
      TreeView view, CowStore store, List<VmDirectory> all, List<VmDirectory> vms)
      throws ErrnoException, StoreException {
    Map<Long, Integer> clones = new HashMap<>();
    for (VmDirectory vm : all) {
      if (vm.record().hasParent() && !vm.record().independent()) {
        clones.merge(vm.record().parentNode(), 1, Integer::sum);
      }
    }
    List<Set<CowFile>> data = new ArrayList<>();
    for (VmDirectory vm : vms) {
      data.add(data(view, List.of(vm)));
    }
    long[] own = store.ownBytes(data);
    List<VmSpace> spaces = new ArrayList<>();
    for (int i = 0; i < own.length; i++) {
      VmDirectory vm = vms.get(i);
      long mapped = data.get(i).stream().mapToLong(CowFile::mappedBytes).sum();
      spaces.add(
          new VmSpace(
              vm.name(),
              Listing.kind(vm),
              clones.getOrDefault(vm.node().number(), 0),
              vm.logicalBytes(),
              own[i],
              Math.max(0, mapped - own[i])));
    }
    return spaces;
  }

  /** The data of VMs, and of the generations that end with them. */
  private static Set<CowFile> data(TreeView view, List<VmDirectory> vms) throws ErrnoException {
    List<VmFile> files = new ArrayList<>();
    for (VmDirectory vm : vms) {
      files.addAll(vm.files());
      for (long generation : view.kept(vm.node().number()).keySet()) {
        files.addAll(below(view, generation));
      }
    }
    Set<CowFile> data = new HashSet<>();
    for (VmFile file : files) {
      if (file.node().isRegular()) {
        present(() -> view.file(file.node().number())).ifPresent(data::add);
      }
    }
    return data;
  }

  /** What an earlier generation holds: nothing if it was removed meanwhile. */
  private static List<VmFile> below(TreeView view, long generation) throws ErrnoException {
    return present(() -> VmFile.below(view, generation)).orElse(List.of());
  }

  @FunctionalInterface
  private interface Reading<T> {
    T read() throws ErrnoException;
  }

  /** What is read; nothing if it was removed meanwhile. */
  private static <T> Optional<T> present(Reading<T> reading) throws ErrnoException {
    try {
      return Optional.of(reading.read());
    } catch (ErrnoException e) {
      if (e.errno() != Errno.ESTALE) {
        throw e;
      }
      return Optional.empty();
    }
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
