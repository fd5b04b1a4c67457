package dev.pando.daemon.vm.memory;

import dev.pando.cowstore.CowStore;
import dev.pando.cowstore.StoreException;
import dev.pando.daemon.memory.Admission;
import dev.pando.daemon.memory.HostSettings;
import dev.pando.daemon.memory.MemoryRuleException;
import dev.pando.daemon.memory.VmMemory;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.PandoTree;
import dev.pando.daemon.vm.files.Failures;
import dev.pando.daemon.vm.files.Inventory;
import dev.pando.daemon.vm.files.MachineException;
import dev.pando.daemon.vm.files.VmDirectory;
import dev.pando.daemon.vm.listing.Machine;
import dev.pando.daemon.vm.running.Admissions;
import dev.pando.daemon.vm.running.HostAccount;
import dev.pando.daemon.vm.running.Hypervisors;
import dev.pando.daemon.vm.running.LateCloses;
import java.util.List;
import java.util.concurrent.locks.Lock;
import java.util.function.UnaryOperator;

/**
 * The memory of the host and of the VMs of a store, as commands ask for it. Thread-safe; {@link
 * MachineException} says why something was not done.
 */
public final class MachineMemory {
  private final CowStore store;
  private final Inventory inventory;
  private final Admissions admissions;
  private final MemoryAccount account;
  private final MemoryChange change;
  private final LateCloses lateCloses;
  private final Lock operations;

  /**
   * @param operations the lock on operations
   */
  public MachineMemory(
      CowStore store,
      PandoTree tree,
      Inventory inventory,
      Admissions admissions,
      Hypervisors hypervisors,
      LateCloses lateCloses,
      Lock operations) {
    this.store = store;
    this.inventory = inventory;
    this.admissions = admissions;
    this.account = new MemoryAccount(store, tree.view(), admissions, hypervisors);
    this.change = new MemoryChange(store, tree, inventory, admissions);
    this.lateCloses = lateCloses;
    this.operations = operations;
  }

  /** The host and all VMs. */
  public MemoryReport report() throws MachineException {
    try {
      return account.report(inventory.all());
    } catch (ErrnoException e) {
      throw Failures.translate(e);
    }
  }

  /** The host's memory alone. */
  public HostAccount host() throws MachineException {
    try {
      return admissions.host();
    } catch (ErrnoException e) {
      throw Failures.translate(e);
    }
  }

  /** Changes what is said of the host's memory. */
  public void set(UnaryOperator<HostSettings> work) throws MachineException {
    operations.lock();
    try {
      admissions.set(work.apply(admissions.host().settings()));
      store.commit();
    } catch (StoreException e) {
      throw Failures.translate(e);
    } catch (ErrnoException e) {
      throw Failures.translate(e);
    } finally {
      operations.unlock();
    }
  }

  /**
   * Changes what memory a VM is configured to have; of one that is on its reservation at once.
   * Returns what was changed in its files.
   *
   * @throws MachineException REFUSED, with the rule, if it can not be so, is a template, or there
   *     is not that much to reserve; MISSING if there is no such VM
   */
  public List<Machine.Change> set(String name, MemoryRequest request) throws MachineException {
    return lateCloses.outlast(List.of(name), () -> changed(name, request));
  }

  private List<Machine.Change> changed(String name, MemoryRequest request) throws MachineException {
    operations.lock();
    try {
      return change.change(name, request);
    } finally {
      operations.unlock();
    }
  }

  /**
   * How many more VMs like this one could be powered on.
   *
   * @param request what would be different of them
   */
  public MemoryFit fit(String name, MemoryRequest request) throws MachineException {
    VmDirectory vm = inventory.find(name);
    try {
      VmMemory memory = admissions.memory(vm);
      memory = request.isNothing() ? memory : request.applied(memory);
      Admission admission = admissions.admission();
      return new MemoryFit(vm.name(), memory, admission.host().promise(memory), admission);
    } catch (MemoryRuleException e) {
      throw MachineException.refused("That can not be: " + e.getMessage() + ".");
    } catch (ErrnoException e) {
      throw Failures.translate(e);
    }
  }
}
