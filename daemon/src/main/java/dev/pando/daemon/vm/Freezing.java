package dev.pando.daemon.vm;

import dev.pando.cowstore.CowStore;
import dev.pando.cowstore.StoreException;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.Opener;
import dev.pando.daemon.tree.PandoTree;
import dev.pando.daemon.tree.TreeNode;
import dev.pando.daemon.vmware.FileKind;
import dev.pando.daemon.vmware.Vmx;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes VMs templates and templates VMs. Used under the lock on operations. */
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
                VmRecord record = now.record().withNextGeneration();
                edit.attach(now.node().number(), record.encode());
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
      throw MachineException.refused(
          vm.record().generation() > 0
              ? "\"" + vm.name() + "\" is thawed already. Use it as any VM."
              : "\""
                  + vm.name()
                  + "\" is no template: it was never frozen. A clone can not be merged back into"
                  + " its parent; to make a template of it, freeze it.");
    }
    try {
      tree.<Void, MachineException>edit(
          edit -> {
            VmDirectory now = read(vm);
            for (VmFile file : now.files()) {
              edit.thaw(file.node().number());
            }
            edit.thaw(now.node().number());
            return null;
          });
      store.commit();
      LOG.info("thawed {}", vm.name());
    } catch (ErrnoException e) {
      throw Failures.translate(e);
    } catch (StoreException e) {
      throw Failures.translate(e);
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
    } catch (UnsoundException e) {
      throw refused(vm, e.getMessage() + ". Put that right and try again");
    }
  }

  private void checkQuiet(VmDirectory vm) throws MachineException, ErrnoException {
    List<Opener> writers = vm.writers(tree.view());
    if (!writers.isEmpty()) {
      boolean runs = !vm.runners(tree.view()).isEmpty();
      throw refused(
          vm,
          runs
              ? "it is running: " + Openers.sentence(writers) + ". Shut it down first"
              : "a file of it is open for writing: "
                  + Openers.sentence(writers)
                  + ". Close it first");
    }
    if (vm.isLocked()) {
      throw refused(
          vm,
          "a lock stands in its directory, so it runs or crashed. Shut it down, or remove the .lck"
              + " directories if nothing runs");
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
