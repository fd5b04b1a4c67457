package dev.pando.daemon.vm;

import dev.pando.cowstore.CowFile;
import dev.pando.cowstore.CowStore;
import dev.pando.cowstore.DedupeReport;
import dev.pando.cowstore.StoreException;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.FileSystem;
import dev.pando.daemon.tree.PandoTree;
import dev.pando.daemon.tree.TreeView;
import dev.pando.daemon.vm.files.DedupeRecord;
import dev.pando.daemon.vm.files.Failures;
import dev.pando.daemon.vm.files.Inventory;
import dev.pando.daemon.vm.files.MachineException;
import dev.pando.daemon.vm.files.VmDirectory;
import dev.pando.daemon.vm.making.ProgressListener;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has blocks that are equal in several VMs stored once, when it is asked to; and is told not to.
 */
final class Deduping {
  private static final Logger LOG = LoggerFactory.getLogger(Deduping.class);

  private final CowStore store;
  private final PandoTree tree;
  private final TreeView view;
  private final Inventory inventory;
  private final ReentrantLock searching = new ReentrantLock();

  Deduping(CowStore store, PandoTree tree, Inventory inventory) {
    this.store = store;
    this.tree = tree;
    this.view = tree.view();
    this.inventory = inventory;
  }

  /** One search through all VMs; REFUSED if one is under way, or it is switched off. */
  DedupeReport search(ProgressListener progress) throws MachineException {
    if (!searching.tryLock()) {
      throw MachineException.refused(
          "A search for equal blocks is under way already. Wait until it has ended.");
    }
    try {
      if (!DedupeRecord.isSwitchedOn(view)) {
        throw MachineException.refused(
            "Dedupe is switched off for this store. Switch it on with \"pando dedupe --on\".");
      }
      Candidates candidates =
          Candidates.of(
              view,
              inventory,
              (vm, why) -> LOG.warn("dedupe leaves out {}: {}", vm.name(), why.toString()));
      List<CowFile> files = candidates.files();
      long total = files.stream().mapToLong(CowFile::mappedBytes).sum();
      Throttle throttle = new Throttle(progress, total);
      return store.dedupe(files, candidates::contains, throttle::goesOn);
    } catch (ErrnoException e) {
      throw Failures.translate(e);
    } catch (StoreException e) {
      throw Failures.translate(e);
    } finally {
      searching.unlock();
    }
  }

  /** Switches it on or off for some VMs; for none named: for the whole store. */
  void set(List<String> names, boolean on) throws MachineException {
    try {
      if (names.isEmpty()) {
        set(FileSystem.ROOT, on);
      }
      for (String name : names) {
        VmDirectory vm = inventory.find(name);
        set(vm.node().number(), on);
      }
      store.commit();
      LOG.info(
          "dedupe is {} for {}", on ? "on" : "off", names.isEmpty() ? "the whole store" : names);
    } catch (ErrnoException e) {
      throw Failures.translate(e);
    } catch (StoreException e) {
      throw Failures.translate(e);
    }
  }

  private void set(long directory, boolean on) throws ErrnoException {
    tree.<Void, ErrnoException>edit(
        edit -> {
          DedupeRecord record = DedupeRecord.of(view, directory).withOff(!on);
          edit.attach(directory, DedupeRecord.PART, record.encode());
          return null;
        });
  }
}
