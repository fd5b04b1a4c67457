package dev.pando.daemon.vm;

import dev.pando.cowstore.CowStore;
import dev.pando.cowstore.StoreException;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.Opener;
import dev.pando.daemon.tree.PandoTree;
import dev.pando.daemon.tree.TreeEdit;
import dev.pando.daemon.tree.TreeNode;
import dev.pando.daemon.vm.files.DedupeRecord;
import dev.pando.daemon.vm.files.Failures;
import dev.pando.daemon.vm.files.Generation;
import dev.pando.daemon.vm.files.Inspection;
import dev.pando.daemon.vm.files.Inventory;
import dev.pando.daemon.vm.files.MachineException;
import dev.pando.daemon.vm.files.UnsoundException;
import dev.pando.daemon.vm.files.VmDirectory;
import dev.pando.daemon.vm.files.VmFile;
import dev.pando.daemon.vm.files.VmRecord;
import dev.pando.daemon.vm.making.HiddenCopy;
import dev.pando.daemon.vm.making.HiddenFiles;
import dev.pando.daemon.vm.running.Activity;
import dev.pando.daemon.vm.running.Openers;
import dev.pando.daemon.vmware.FileKind;
import dev.pando.daemon.vmware.Vmx;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes VMs templates and templates VMs. What a template was is kept when it is thawed, as forks in
 * a hidden directory, so that the generation can be cloned later. Used under the lock on
 * operations.
 */
final class Freezing {
  private static final Logger LOG = LoggerFactory.getLogger(Freezing.class);

  private final CowStore store;
  private final PandoTree tree;
  private final Inventory inventory;

  Freezing(CowStore store, PandoTree tree, Inventory inventory) {
    this.store = store;
    this.tree = tree;
    this.inventory = inventory;
  }

  /** Freezes a VM. One that is frozen stays as it is: the generation too. */
  void freeze(String name) throws MachineException {
    VmDirectory vm = inventory.find(name);
    if (vm.isTemplate()) {
      return;
    }
    try {
      checkSound(vm);
      int generation =
          tree.<Integer, MachineException>edit(
              edit -> {
                VmDirectory now = read(vm);
                checkQuiet(now);
                checkLinks(now);
                for (VmFile file : now.files()) {
                  edit.freeze(file.node().number());
                }
                edit.freeze(now.node().number());
                VmRecord record = now.record().frozenAgain(edit.nowNanos());
                edit.attach(now.node().number(), VmRecord.PART, record.encode());
                DedupeRecord dedupe = DedupeRecord.of(tree.view(), now.node().number());
                edit.attach(
                    now.node().number(), DedupeRecord.PART, dedupe.dueNow(tree.view()).encode());
                return record.generation();
              });
      store.commit();
      LOG.info("froze {}, generation {}", vm.name(), generation);
    } catch (ErrnoException e) {
      throw Failures.translate(e);
    } catch (StoreException e) {
      throw Failures.translate(e);
    }
  }

  /** Thaws a template; REFUSED if it is none. */
  void thaw(String name) throws MachineException {
    VmDirectory vm = inventory.find(name);
    if (!vm.isTemplate()) {
      throw notFrozen(vm);
    }
    try (HiddenFiles hidden = new HiddenFiles(tree)) {
      HiddenCopy generation = HiddenCopy.make(tree, hidden, vm, TreeEdit.Data.FORKED);
      generation.freeze(tree);
      tree.<Void, MachineException>edit(
          edit -> {
            checkUnread(vm);
            keep(edit, vm, generation);
            for (VmFile file : vm.files()) {
              edit.thaw(file.node().number());
            }
            edit.thaw(vm.node().number());
            return null;
          });
      hidden.keep(generation.directory());
      store.commit();
      LOG.info("thawed {}", vm.name());
    } catch (ErrnoException e) {
      throw Failures.translate(e);
    } catch (StoreException e) {
      throw Failures.translate(e);
    }
  }

  private MachineException notFrozen(VmDirectory vm) {
    String name = "\"" + vm.name() + "\"";
    if (vm.record().generation() > 0) {
      return MachineException.refused(name + " is thawed already. Use it as any VM.");
    }
    return MachineException.refused(
        name
            + " is no template: it was never frozen. A clone can not be merged back into its"
            + " parent; to make a template of it, freeze it.");
  }

  /** Frozen like the template, and with it to the end. */
  private static void keep(TreeEdit edit, VmDirectory vm, HiddenCopy generation) {
    VmRecord record = vm.record();
    edit.keep(
        vm.node().number(),
        generation.directory(),
        Generation.label(record.generation(), record.frozenNanos()));
  }

  /** A guest that runs on it with QEMU's -snapshot would see what is changed after the thaw. */
  private void checkUnread(VmDirectory vm) throws MachineException, ErrnoException {
    Map<Integer, Opener> readers = new LinkedHashMap<>();
    for (VmFile file : vm.files()) {
      if (file.node().isRegular()) {
        for (Opener reader : tree.view().readers(file.node().number())) {
          readers.putIfAbsent(reader.processId(), reader);
        }
      }
    }
    if (!readers.isEmpty()) {
      throw MachineException.refused(
          "\""
              + vm.name()
              + "\" can not be thawed: it is in use: "
              + Openers.sentence(List.copyOf(readers.values()))
              + ". End that first.");
    }
  }

  private VmDirectory read(VmDirectory vm) throws ErrnoException {
    return VmDirectory.read(tree.view(), vm.name(), vm.node().number());
  }

  /** A template is there to be cloned: what could not be cloned is no template. */
  private void checkSound(VmDirectory vm) throws MachineException {
    try {
      Inspection inspection = vm.inspect(tree.view());
      inspection.check();
      Optional<Vmx> vmx = inspection.configuration();
      Optional<VmFile> suspended =
          vm.files().stream()
              .filter(file -> inspection.kind(file.name()) == FileKind.SUSPENDED_STATE)
              .findFirst();
      if (suspended.isPresent() || vmx.filter(Vmx::isSuspended).isPresent()) {
        throw refused(
            vm,
            "it is suspended, and its clones would lose what is in its memory. Resume it and shut"
                + " it down first");
      }
      checkDisksClosed(vm, inspection);
    } catch (UnsoundException e) {
      throw refused(vm, e.getMessage() + ". Put that right and try again");
    }
  }

  /** A run that did not end well leaves the memory's file, and disks marked as open. */
  private void checkDisksClosed(VmDirectory vm, Inspection inspection) throws MachineException {
    for (VmFile file : vm.files()) {
      if (!file.node().isRegular()) {
        continue;
      }
      FileKind kind = inspection.kind(file.name());
      if (kind == FileKind.MEMORY) {
        throw refused(
            vm,
            file.path()
                + " is left of a run that did not end. Start it and shut it down, or remove that"
                + " file if its disks are good as they are");
      }
      if (kind == FileKind.DISK && inspection.isLeftOpen(file.path())) {
        throw refused(
            vm,
            "the disk "
                + file.path()
                + " was not closed by its last user. Start the VM and shut it down first");
      }
    }
  }

  private void checkQuiet(VmDirectory vm) throws MachineException, ErrnoException {
    Activity activity = Activity.of(tree.view(), vm);
    if (activity.isRunning()) {
      throw refused(vm, activity.sentence(vm.name()));
    }
    List<Opener> writers = Activity.writers(tree.view(), vm.files());
    if (!writers.isEmpty()) {
      throw refused(
          vm,
          "a file of it is open for writing: " + Openers.sentence(writers) + ". Close it first");
    }
    List<VmFile> locks = Activity.locks(vm);
    if (!locks.isEmpty()) {
      throw refused(
          vm,
          "it crashed: its hypervisor left the lock "
              + locks.get(0).path()
              + ". Start it and shut it down, or remove the lock if its disks are good as they"
              + " are");
    }
  }

  private static void checkLinks(VmDirectory vm) throws MachineException {
    Map<Long, Integer> names = new HashMap<>();
    for (VmFile file : vm.files()) {
      names.merge(file.node().number(), 1, Integer::sum);
    }
    for (VmFile file : vm.files()) {
      TreeNode node = file.node();
      if (!node.isDirectory() && names.get(node.number()) != node.linkCount()) {
        throw refused(
            vm,
            file.path()
                + " has another name outside the VM, through which it could be changed. Remove that"
                + " hard link first");
      }
    }
  }

  private static MachineException refused(VmDirectory vm, String why) {
    return MachineException.refused("\"" + vm.name() + "\" can not be frozen: " + why + ".");
  }
}
