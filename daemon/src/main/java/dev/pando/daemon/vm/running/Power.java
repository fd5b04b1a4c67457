package dev.pando.daemon.vm.running;

import dev.pando.cowstore.CowStore;
import dev.pando.cowstore.StoreException;
import dev.pando.daemon.memory.Promise;
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
 * Powers VMs on and off by command: a VM is on when its memory is admitted, and that is put on
 * record. It starts and stops no machine. Used under the lock on operations.
 */
public final class Power {
  private static final Logger LOG = LoggerFactory.getLogger(Power.class);

  private final CowStore store;
  private final PandoTree tree;
  private final Inventory inventory;
  private final Admissions admissions;

  public Power(CowStore store, PandoTree tree, Inventory inventory, Admissions admissions) {
    this.store = store;
    this.tree = tree;
    this.inventory = inventory;
    this.admissions = admissions;
  }

  /**
   * Powers a VM on; of one that is on until it is switched off, nothing changes.
   *
   * @param processId on for as long as this process lives; nothing: until it is switched off
   * @param withSwapFile make a {@code .vswp} for it
   */
  public void on(String name, OptionalInt processId, boolean withSwapFile) throws MachineException {
    VmDirectory vm = inventory.find(name);
    if (vm.isTemplate()) {
      throw refused(vm, "it is a template. Clone it and power on the clone, or thaw it first");
    }
    try {
      Optional<PowerRecord> before = admissions.record(vm.node().number());
      if (withSwapFile && before.isPresent()) {
        throw refused(vm, "it is on already, so it can not get a swap file");
      }
      PowerRecord record = admit(vm, processId);
      if (withSwapFile) {
        makeSwapFile(vm, record);
      }
      store.commit();
      LOG.info("powered on {}", vm.name());
    } catch (ErrnoException e) {
      throw Failures.translate(e);
    } catch (StoreException e) {
      throw Failures.translate(e);
    }
  }

  private PowerRecord admit(VmDirectory vm, OptionalInt processId)
      throws MachineException, ErrnoException {
    admissions.lock().lock();
    try {
      Activity activity = Activity.of(tree.view(), vm);
      Optional<PowerRecord> present = activity.power();
      boolean isHeld = present.flatMap(PowerRecord::holder).isPresent() && !isByOpening(present);
      if (activity.isRunning() && (processId.isPresent() || isHeld)) {
        throw refused(vm, activity.sentence(vm.name()));
      }
      boolean isAdmitted = present.filter(PowerRecord::isAdmitted).isPresent();
      Promise promise = isAdmitted ? present.get().promise() : admitted(vm);
      PowerRecord record = record(vm, processId).with(promise);
      admissions.put(vm.node().number(), record);
      return record;
    } finally {
      admissions.lock().unlock();
    }
  }

  /** Without the lock on promises: the kernel is told of a new name. */
  private void makeSwapFile(VmDirectory vm, PowerRecord record)
      throws MachineException, ErrnoException, StoreException {
    long directory = vm.node().number();
    boolean made = false;
    try {
      SwapFile.make(tree, vm, record.promise().swapBytes());
      made = true;
    } finally {
      admissions.lock().lock();
      try {
        Optional<PowerRecord> now = admissions.record(directory);
        if (made && now.isPresent()) {
          admissions.put(directory, now.get().withSwapFile());
        } else if (!made) {
          admissions.release(vm);
        }
      } finally {
        admissions.lock().unlock();
      }
    }
  }

  private static boolean isByOpening(Optional<PowerRecord> record) {
    return record.filter(PowerRecord::isByOpening).isPresent();
  }

  private Promise admitted(VmDirectory vm) throws MachineException, ErrnoException {
    Promise wanted = admissions.promise(vm);
    Optional<String> refusal = admissions.admission(vm.node().number()).refusal(wanted);
    if (refusal.isPresent()) {
      throw refused(
          vm, refusal.get() + ". Power off another VM, or lower what this one has reserved");
    }
    return wanted;
  }

  private PowerRecord record(VmDirectory vm, OptionalInt processId) throws MachineException {
    long nowNanos = Admissions.nowNanos();
    if (processId.isEmpty()) {
      return PowerRecord.untilOff(nowNanos);
    }
    return PowerRecord.whileRunning(processId.getAsInt(), nowNanos)
        .orElseThrow(
            () -> refused(vm, "process " + processId.getAsInt() + ", which asked for it, is gone"));
  }

  /** Powers a VM off, whether it was on or not; returns what still says that it runs. */
  public Optional<String> off(String name) throws MachineException {
    if (endedOfNone(name)) {
      return Optional.empty();
    }
    VmDirectory vm = inventory.find(name);
    try {
      boolean hadSwapFile;
      admissions.lock().lock();
      try {
        hadSwapFile =
            admissions.lastRecord(vm.node().number()).filter(PowerRecord::hasSwapFile).isPresent();
        admissions.release(vm);
      } finally {
        admissions.lock().unlock();
      }
      Activity activity = Activity.of(tree.view(), vm);
      if (hadSwapFile && !activity.isRunning()) {
        SwapFile.remove(tree, vm);
      }
      store.commit();
      if (activity.isRunning()) {
        return Optional.of(
            "\"" + vm.name() + "\" still counts as on: " + activity.sentence(vm.name()) + ".");
      }
      LOG.info("powered off {}", vm.name());
      return Optional.empty();
    } catch (ErrnoException e) {
      throw Failures.translate(e);
    } catch (StoreException e) {
      throw Failures.translate(e);
    }
  }

  /** Ends the promise of what was a VM and has lost its files; returns whether it was one. */
  private boolean endedOfNone(String name) throws MachineException {
    Optional<Long> directory = inventory.directory(name);
    if (directory.isEmpty() || inventory.contains(directory.get())) {
      return false;
    }
    admissions.lock().lock();
    try {
      boolean had = admissions.lastRecord(directory.get()).isPresent();
      if (had) {
        admissions.remove(directory.get());
      }
      return had;
    } catch (ErrnoException e) {
      throw Failures.translate(e);
    } finally {
      admissions.lock().unlock();
    }
  }

  private static MachineException refused(VmDirectory vm, String why) {
    return MachineException.refused("\"" + vm.name() + "\" can not be powered on: " + why + ".");
  }
}
