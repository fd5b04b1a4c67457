package dev.pando.daemon.vm;

import dev.pando.cowstore.CowFile;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.TreeView;
import dev.pando.daemon.vm.files.DedupeRecord;
import dev.pando.daemon.vm.files.Inventory;
import dev.pando.daemon.vm.files.MachineException;
import dev.pando.daemon.vm.files.VmDirectory;
import dev.pando.daemon.vm.files.VmFile;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The files in which equal blocks are looked for, templates' first, so that their blocks stay: all
 * but those of full clones, which share nothing, and of VMs for which it is switched off.
 */
final class Candidates {
  private final TreeView view;
  private final Set<Long> nodes = new LinkedHashSet<>();

  private Candidates(TreeView view) {
    this.view = view;
  }

  /** Told of a VM that takes no part, since what is on record of it can not be read. */
  @FunctionalInterface
  interface Omission {
    void of(VmDirectory vm, Exception why);
  }

  /** Those of all VMs; one that goes away meanwhile is left out without a word. */
  static Candidates of(TreeView view, Inventory inventory, Omission omission)
      throws MachineException {
    Candidates candidates = new Candidates(view);
    List<VmDirectory> vms = new ArrayList<>(inventory.all());
    vms.sort(Comparator.comparing(vm -> !vm.isTemplate()));
    for (VmDirectory vm : vms) {
      try {
        vm.ask(view, candidates::filesOf).ifPresent(candidates::addAll);
      } catch (ErrnoException | MachineException | RuntimeException e) {
        omission.of(vm, e);
      }
    }
    return candidates;
  }

  /** The files of a VM and of its earlier generations, if they are searched. */
  private List<VmFile> filesOf(VmDirectory vm) throws ErrnoException {
    if (!isSearched(view, vm)) {
      return List.of();
    }
    List<VmFile> files = new ArrayList<>(vm.files());
    for (long generation : view.kept(vm.node().number()).keySet()) {
      files.addAll(VmFile.below(view, generation));
    }
    return files;
  }

  static boolean isSearched(TreeView view, VmDirectory vm) throws ErrnoException {
    return !vm.record().independent() && !DedupeRecord.of(view, vm.node().number()).off();
  }

  private void addAll(List<VmFile> files) {
    for (VmFile file : files) {
      if (file.node().isRegular()) {
        nodes.add(file.node().number());
      }
    }
  }

  boolean contains(long node) {
    return nodes.contains(node);
  }

  /** Those that are still there. */
  List<CowFile> files() {
    List<CowFile> files = new ArrayList<>();
    for (long node : nodes) {
      try {
        files.add(view.file(node));
      } catch (ErrnoException removed) {
        // meanwhile
      }
    }
    return files;
  }
}
