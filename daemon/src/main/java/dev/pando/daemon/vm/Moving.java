package dev.pando.daemon.vm;

import dev.pando.cowstore.CowStore;
import dev.pando.cowstore.StoreException;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.PandoTree;
import dev.pando.daemon.vm.files.Failures;
import dev.pando.daemon.vm.files.Inventory;
import dev.pando.daemon.vm.files.MachineException;
import dev.pando.daemon.vm.files.VmDirectory;
import dev.pando.daemon.vm.files.VmName;
import dev.pando.daemon.vm.making.Placement;
import dev.pando.daemon.vm.running.Activity;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives VMs other names, templates too. Nothing inside changes, as with {@code mv}: files keep
 * their names and the machine its identity. Used under the lock on operations.
 */
final class Moving {
  private static final Logger LOG = LoggerFactory.getLogger(Moving.class);

  private final CowStore store;
  private final PandoTree tree;
  private final Inventory inventory;
  private final Placement placement;

  Moving(CowStore store, PandoTree tree, Inventory inventory, Placement placement) {
    this.store = store;
    this.tree = tree;
    this.inventory = inventory;
    this.placement = placement;
  }

  /** Renames a VM that does not run; returns its new name. */
  String rename(String name, String newName) throws MachineException {
    VmDirectory vm = inventory.find(name);
    VmName target = VmName.parse(newName);
    if (target.toString().equals(vm.name())) {
      return vm.name();
    }
    placement.check(target);
    try {
      tree.<Void, MachineException>edit(
          edit -> {
            checkStopped(vm);
            long parent = Placement.parent(edit, target, vm.node().userId(), vm.node().groupId());
            edit.move(vm.node().number(), parent, VmName.bytes(target.last()));
            return null;
          });
      store.commit();
      LOG.info("renamed {} to {}", vm.name(), target);
      return target.toString();
    } catch (ErrnoException e) {
      throw Failures.translate(e);
    } catch (StoreException e) {
      throw Failures.translate(e);
    }
  }

  private void checkStopped(VmDirectory vm) throws MachineException, ErrnoException {
    VmDirectory now = VmDirectory.read(tree.view(), vm.name(), vm.node().number());
    Activity activity = Activity.of(tree.view(), now);
    if (activity.isRunning()) {
      throw MachineException.refused(
          "\"" + vm.name() + "\" can not be renamed: " + activity.sentence(vm.name()) + ".");
    }
  }
}
