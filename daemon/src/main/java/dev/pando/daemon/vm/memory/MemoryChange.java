package dev.pando.daemon.vm.memory;

import dev.pando.cowstore.CowStore;
import dev.pando.cowstore.StoreException;
import dev.pando.daemon.memory.MemoryRuleException;
import dev.pando.daemon.memory.Promise;
import dev.pando.daemon.memory.VmMemory;
import dev.pando.daemon.qemu.DomainMemory;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.PandoTree;
import dev.pando.daemon.vm.files.Failures;
import dev.pando.daemon.vm.files.Inspection;
import dev.pando.daemon.vm.files.Inventory;
import dev.pando.daemon.vm.files.MachineException;
import dev.pando.daemon.vm.files.UnsoundException;
import dev.pando.daemon.vm.files.VmDirectory;
import dev.pando.daemon.vm.files.VmFile;
import dev.pando.daemon.vm.listing.Machine;
import dev.pando.daemon.vm.making.Replacements;
import dev.pando.daemon.vm.running.Activity;
import dev.pando.daemon.vm.running.Admissions;
import dev.pando.daemon.vm.running.PowerRecord;
import dev.pando.daemon.vmware.FormatException;
import dev.pando.daemon.vmware.Rewritten;
import dev.pando.daemon.vmware.VmxMemory;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes what memory a VM is to have into its {@code .vmx} or domain XML. Of a VM that is on, the
 * reservation changes at once, if it is admitted. Used under the lock on operations.
 */
final class MemoryChange {
  private static final Logger LOG = LoggerFactory.getLogger(MemoryChange.class);

  private final CowStore store;
  private final PandoTree tree;
  private final Inventory inventory;
  private final Admissions admissions;

  MemoryChange(CowStore store, PandoTree tree, Inventory inventory, Admissions admissions) {
    this.store = store;
    this.tree = tree;
    this.inventory = inventory;
    this.admissions = admissions;
  }

  /** Changes a VM's memory; returns what was changed in its files. */
  List<Machine.Change> change(String name, MemoryRequest request) throws MachineException {
    VmDirectory vm = inventory.find(name);
    if (vm.isTemplate()) {
      throw refused(vm, "it is a template. Thaw it first, or change its clones");
    }
    try {
      Inspection inspection = vm.inspect(tree.view());
      VmMemory before = inspection.memory();
      VmMemory after = request.applied(before);
      Activity activity = Activity.of(tree.view(), vm);
      if (after.sizeBytes() != before.sizeBytes()) {
        requireOff(vm, activity);
      }
      if (activity.lock().isPresent()) {
        throw refused(
            vm, "its hypervisor writes its files when it ends: " + activity.sentence(vm.name()));
      }
      Replacements replacements = replacements(vm, inspection, after);
      carryOut(vm, replacements, before, after);
      return replacements.changes();
    } catch (MemoryRuleException e) {
      throw refused(vm, e.getMessage());
    } catch (UnsoundException e) {
      throw refused(vm, e.getMessage() + ". Put that right and try again");
    } catch (ErrnoException e) {
      throw Failures.translate(e);
    } catch (StoreException e) {
      throw Failures.translate(e);
    }
  }

  private Replacements replacements(VmDirectory vm, Inspection inspection, VmMemory after)
      throws MachineException, UnsoundException {
    Optional<String> description = inspection.description();
    Optional<VmFile> file =
        vm.files().stream().filter(f -> description.equals(Optional.of(f.path()))).findFirst();
    if (file.isEmpty()) {
      throw refused(
          vm, "it has neither .vmx nor domain XML to put that in; its hypervisor is told how much");
    }
    Replacements replacements = new Replacements(tree, vm, why -> refused(vm, why));
    byte[] text = inspection.text(file.get().path());
    try {
      Rewritten content =
          inspection.isDomain(file.get().path())
              ? DomainMemory.write(text, after)
              : VmxMemory.write(text, after);
      replacements.add(file.get(), content);
    } catch (FormatException e) {
      throw Inspection.unsound(file.get().path(), e);
    }
    return replacements;
  }

  /**
   * A reservation that grows is promised before it is written, one that shrinks after: so the files
   * never say more than was promised.
   */
  private void carryOut(VmDirectory vm, Replacements replacements, VmMemory before, VmMemory after)
      throws MachineException, ErrnoException, StoreException {
    long directory = vm.node().number();
    Optional<PowerRecord> raised = promise(vm, after, true);
    boolean done = false;
    try {
      if (!replacements.isEmpty()) {
        replacements.carryOut(
            (edit, now) -> {
              if (after.sizeBytes() != before.sizeBytes()) {
                requireOff(vm, Activity.of(tree.view(), now));
              }
            });
      }
      done = true;
    } finally {
      if (!done && raised.isPresent()) {
        takeBack(directory, raised.get());
      }
    }
    promise(vm, after, false);
    store.commit();
    LOG.info("changed the memory of {}", vm.name());
  }

  private static void requireOff(VmDirectory vm, Activity activity) throws MachineException {
    if (activity.isRunning()) {
      throw refused(vm, "what a guest sees does not change while " + activity.sentence(vm.name()));
    }
  }

  /**
   * Promises a VM that is on what it is to have reserved, if that is more, or less, than it was;
   * returns the record before that.
   */
  private Optional<PowerRecord> promise(VmDirectory vm, VmMemory after, boolean isMore)
      throws MachineException, ErrnoException {
    long directory = vm.node().number();
    admissions.lock().lock();
    try {
      Optional<PowerRecord> record = admissions.record(directory);
      if (record.isEmpty()) {
        return record;
      }
      Promise now = record.get().promise();
      long bytes = Math.min(now.sizeBytes(), after.reservationBytes());
      boolean isWanted = isMore ? bytes > now.reservationBytes() : bytes < now.reservationBytes();
      if (!isWanted) {
        return Optional.empty();
      }
      Promise wanted = new Promise(now.sizeBytes(), bytes, now.overheadBytes());
      Optional<String> refusal =
          isMore ? admissions.admission(directory).refusal(wanted) : Optional.empty();
      if (refusal.isPresent()) {
        throw refused(vm, "it is on, and " + refusal.get());
      }
      admissions.put(directory, record.get().with(wanted));
      return record;
    } finally {
      admissions.lock().unlock();
    }
  }

  /** Takes back a promise that was raised, if it is still the VM's. */
  private void takeBack(long directory, PowerRecord earlier) throws ErrnoException {
    admissions.lock().lock();
    try {
      Optional<PowerRecord> now = admissions.record(directory);
      if (now.isPresent()) {
        admissions.put(directory, now.get().with(earlier.promise()));
      }
    } finally {
      admissions.lock().unlock();
    }
  }

  private static MachineException refused(VmDirectory vm, String why) {
    return MachineException.refused(
        "The memory of \"" + vm.name() + "\" can not be changed: " + why + ".");
  }
}
