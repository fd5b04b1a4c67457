package dev.pando.daemon.vm;

import dev.pando.cowstore.CowStore;
import dev.pando.cowstore.StoreException;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.Opener;
import dev.pando.daemon.tree.PandoTree;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes VMs, templates too: their clones stand on their own (law 1). All names go in one step;
 * the files are freed behind them. Used under the lock on operations.
 */
final class Removal {
  private static final Logger LOG = LoggerFactory.getLogger(Removal.class);

  private final CowStore store;
  private final PandoTree tree;
  private final Inventory inventory;

  Removal(CowStore store, PandoTree tree, Inventory inventory) {
    this.store = store;
    this.tree = tree;
    this.inventory = inventory;
  }

  /** Removes all, or none: {@code force} also such as run. */
  void remove(List<String> names, boolean force) throws MachineException {
    if (names.isEmpty()) {
      throw MachineException.usage("No VM was named. Name at least one.");
    }
    Map<Long, VmDirectory> removed = new LinkedHashMap<>();
    for (String name : names) {
      VmDirectory vm = inventory.find(name);
      removed.put(vm.node().number(), vm);
    }
    try {
      tree.<Void, MachineException>edit(
          edit -> {
            for (VmDirectory vm : removed.values()) {
              if (!force) {
                checkStopped(vm);
              }
              edit.detach(vm.node().number());
            }
            return null;
          });
      for (VmDirectory vm : removed.values()) {
        tree.end(vm.node().number());
        LOG.info("removed {}", vm.name());
      }
      store.commit();
    } catch (ErrnoException e) {
      throw Failures.translate(e);
    } catch (StoreException e) {
      throw Failures.translate(e);
    }
  }

  private void checkStopped(VmDirectory vm) throws MachineException, ErrnoException {
    VmDirectory now = VmDirectory.read(tree.view(), vm.name(), vm.node().number());
    List<Opener> runners = now.runners(tree.view());
    if (runners.isEmpty() && !now.isLocked()) {
      return;
    }
    String why =
        runners.isEmpty()
            ? "a lock stands in its directory, so it runs or crashed"
            : "it is running: " + Openers.sentence(runners);
    throw MachineException.refused(
        "\""
            + vm.name()
            + "\" can not be removed: "
            + why
            + ". Shut it down first, or use --force.");
  }
}
