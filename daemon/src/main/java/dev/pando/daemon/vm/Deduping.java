package dev.pando.daemon.vm;

import dev.pando.cowstore.CowFile;
import dev.pando.cowstore.CowStore;
import dev.pando.cowstore.DedupeReport;
import dev.pando.cowstore.StoreException;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.PandoTree;
import dev.pando.daemon.tree.TreeView;
import dev.pando.daemon.vm.files.Failures;
import dev.pando.daemon.vm.files.Inventory;
import dev.pando.daemon.vm.files.MachineException;
import dev.pando.daemon.vm.files.VmDirectory;
import dev.pando.daemon.vm.files.VmFile;
import dev.pando.daemon.vm.making.ProgressListener;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Has blocks that are equal in several VMs stored once. Full clones are left out: they share
 * nothing. Templates come first, so that their blocks stay.
 */
final class Deduping {
  private final CowStore store;
  private final TreeView view;
  private final Inventory inventory;
  private final ReentrantLock searching = new ReentrantLock();

  Deduping(CowStore store, PandoTree tree, Inventory inventory) {
    this.store = store;
    this.view = tree.view();
    this.inventory = inventory;
  }

  /** One search through all VMs; REFUSED if one is under way. */
  DedupeReport search(ProgressListener progress) throws MachineException {
    if (!searching.tryLock()) {
      throw MachineException.refused(
          "A search for equal blocks is under way already. Wait until it has ended.");
    }
    try {
      List<CowFile> files = files();
      long total = 0;
      for (CowFile file : files) {
        total += file.mappedBytes();
      }
      Throttle throttle = new Throttle(progress, total);
      return store.dedupe(files, throttle::goesOn);
    } catch (ErrnoException e) {
      throw Failures.translate(e);
    } catch (StoreException e) {
      throw Failures.translate(e);
    } finally {
      searching.unlock();
    }
  }

  private List<CowFile> files() throws MachineException, ErrnoException {
    List<VmDirectory> vms = new ArrayList<>(inventory.all());
    vms.removeIf(vm -> vm.record().independent());
    vms.sort(Comparator.comparing(vm -> !vm.isTemplate()));
    Set<Long> nodes = new LinkedHashSet<>();
    for (VmDirectory vm : vms) {
      add(vm.files(), nodes);
      for (long generation : view.kept(vm.node().number()).keySet()) {
        add(VmFile.below(view, generation), nodes);
      }
    }
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

  private static void add(List<VmFile> files, Set<Long> nodes) {
    for (VmFile file : files) {
      if (file.node().isRegular()) {
        nodes.add(file.node().number());
      }
    }
  }
}
