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
      if (activity.isRunning() && after.sizeBytes() != before.sizeBytes()) {
        throw refused(
            vm, "what a guest sees does not change while " + activity.sentence(vm.name()));
      }
      if (activity.lock().isPresent()) {
        throw refused(
            vm, "its hypervisor writes its files when it ends: " + activity.sentence(vm.name()));
      }
      Replacements replacements = replacements(vm, inspection, after);
      if (!replacements.isEmpty()) {
        carryOut(vm, replacements, after, before);
      }
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

  private void carryOut(VmDirectory vm, Replacements replacements, VmMemory after, VmMemory before)
      throws MachineException, ErrnoException, StoreException {
    Optional<PowerRecord> earlier =
        after.reservationBytes() == before.reservationBytes()
            ? Optional.empty()
            : promiseAnew(vm, after);
    boolean done = false;
    try {
      replacements.carryOut((edit, now) -> {});
      done = true;
    } finally {
      if (!done && earlier.isPresent()) {
        put(vm, earlier.get());
      }
    }
    store.commit();
    LOG.info("changed the memory of {}", vm.name());
  }

  /** Promises a VM that is on another reservation; returns its record before that. */
  private Optional<PowerRecord> promiseAnew(VmDirectory vm, VmMemory after)
      throws MachineException, ErrnoException {
    admissions.lock().lock();
    try {
      Optional<PowerRecord> record = admissions.record(vm.node().number());
      if (record.isPresent()) {
        admissions.put(vm, promised(vm, record.get(), after));
      }
      return record;
    } finally {
      admissions.lock().unlock();
    }
  }

  private void put(VmDirectory vm, PowerRecord record) throws ErrnoException {
    admissions.lock().lock();
    try {
      admissions.put(vm, record);
    } finally {
      admissions.lock().unlock();
    }
  }

  private PowerRecord promised(VmDirectory vm, PowerRecord record, VmMemory after)
      throws MachineException, ErrnoException {
    Promise now = record.promise();
    Promise wanted =
        new Promise(
            now.sizeBytes(),
            Math.min(now.sizeBytes(), after.reservationBytes()),
            now.overheadBytes());
    Optional<String> refusal = admissions.admission(vm.node().number()).refusal(wanted);
    if (refusal.isPresent()) {
      throw refused(vm, "it is on, and " + refusal.get());
    }
    return record.with(wanted);
  }

  private static MachineException refused(VmDirectory vm, String why) {
    return MachineException.refused(
        "The memory of \"" + vm.name() + "\" can not be changed: " + why + ".");
  }
}
