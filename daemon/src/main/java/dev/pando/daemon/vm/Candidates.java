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

  static Candidates of(TreeView view, Inventory inventory) throws MachineException, ErrnoException {
    Candidates candidates = new Candidates(view);
    List<VmDirectory> vms = new ArrayList<>(inventory.all());
    vms.sort(Comparator.comparing(vm -> !vm.isTemplate()));
    for (VmDirectory vm : vms) {
      if (isSearched(view, vm)) {
        candidates.addAll(vm.files());
        for (long generation : view.kept(vm.node().number()).keySet()) {
          candidates.addAll(VmFile.below(view, generation));
        }
      }
    }
    return candidates;
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
