package dev.pando.daemon.vm.running;

import dev.pando.cowstore.CowStore;
import dev.pando.cowstore.StoreException;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.PandoTree;
import dev.pando.daemon.vm.files.Failures;
import dev.pando.daemon.vm.files.Inventory;
import dev.pando.daemon.vm.files.MachineException;
import dev.pando.daemon.vm.files.VmDirectory;
import java.util.Optional;
import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps on record which VMs were powered on by command. It starts and stops no machine. Used under
 * the lock on operations.
 */
public final class Power {
  private static final Logger LOG = LoggerFactory.getLogger(Power.class);

  private final CowStore store;
  private final PandoTree tree;
  private final Inventory inventory;

  public Power(CowStore store, PandoTree tree, Inventory inventory) {
    this.store = store;
    this.tree = tree;
    this.inventory = inventory;
  }

  /**
   * Records that a VM is on; of one that is on until it is switched off, nothing changes.
   *
   * @param processId on for as long as this process lives; nothing: until it is switched off
   */
  public void on(String name, OptionalInt processId) throws MachineException {
    VmDirectory vm = inventory.find(name);
    if (vm.isTemplate()) {
      throw refused(vm, "it is a template. Clone it and power on the clone, or thaw it first");
    }
    try {
      tree.<Void, MachineException>edit(
          edit -> {
            PowerRecord record = record(vm, processId, edit.nowNanos());
            edit.attach(vm.node().number(), PowerRecord.PART, record.encode());
            return null;
          });
      store.commit();
      LOG.info("powered on {}", vm.name());
    } catch (ErrnoException e) {
      throw Failures.translate(e);
    } catch (StoreException e) {
      throw Failures.translate(e);
    }
  }

  private PowerRecord record(VmDirectory vm, OptionalInt processId, long nowNanos)
      throws MachineException, ErrnoException {
    VmDirectory now = VmDirectory.read(tree.view(), vm.name(), vm.node().number());
    Activity activity = Activity.of(tree.view(), now);
    boolean held = activity.power().flatMap(PowerRecord::holder).isPresent();
    if (activity.isRunning() && (processId.isPresent() || held)) {
      throw refused(vm, activity.sentence(vm.name()));
    }
    if (processId.isEmpty()) {
      return activity.power().orElse(PowerRecord.untilOff(nowNanos));
    }
    return PowerRecord.whileRunning(processId.getAsInt(), nowNanos)
        .orElseThrow(
            () -> refused(vm, "process " + processId.getAsInt() + ", which asked for it, is gone"));
  }

  /** Records that a VM is off, whether it was on or not; returns what still says that it runs. */
  public Optional<String> off(String name) throws MachineException {
    VmDirectory vm = inventory.find(name);
    try {
      tree.<Void, ErrnoException>edit(
          edit -> {
            edit.detachRecord(vm.node().number(), PowerRecord.PART);
            return null;
          });
      store.commit();
      LOG.info("powered off {}", vm.name());
      Activity activity = Activity.of(tree.view(), vm);
      return activity.isRunning()
          ? Optional.of(
              "\"" + vm.name() + "\" still counts as on: " + activity.sentence(vm.name()) + ".")
          : Optional.empty();
    } catch (ErrnoException e) {
      throw Failures.translate(e);
    } catch (StoreException e) {
      throw Failures.translate(e);
    }
  }

  private static MachineException refused(VmDirectory vm, String why) {
    return MachineException.refused("\"" + vm.name() + "\" can not be powered on: " + why + ".");
  }
}
