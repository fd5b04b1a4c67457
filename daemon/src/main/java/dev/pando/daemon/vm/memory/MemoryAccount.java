package dev.pando.daemon.vm.memory;

import dev.pando.cowstore.CowStore;
import dev.pando.daemon.host.ProcessMemory;
import dev.pando.daemon.memory.HostMemory;
import dev.pando.daemon.memory.MemoryState;
import dev.pando.daemon.memory.Promise;
import dev.pando.daemon.memory.VmMemory;
import dev.pando.daemon.qemu.QemuCommand;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.Opener;
import dev.pando.daemon.tree.TreeView;
import dev.pando.daemon.vm.files.Inspection;
import dev.pando.daemon.vm.files.KnownDescriptions;
import dev.pando.daemon.vm.files.MachineException;
import dev.pando.daemon.vm.files.UnsoundException;
import dev.pando.daemon.vm.files.VmDirectory;
import dev.pando.daemon.vm.running.Activity;
import dev.pando.daemon.vm.running.Admissions;
import dev.pando.daemon.vm.running.HostAccount;
import dev.pando.daemon.vm.running.Hypervisors;
import dev.pando.daemon.vm.running.PowerRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Says what memory the host and its VMs have. Thread-safe. */
final class MemoryAccount {
  private final CowStore store;
  private final TreeView view;
  private final Admissions admissions;
  private final Hypervisors hypervisors;
  private final KnownDescriptions<VmMemory> known;

  /** The state that was told last: it wavers less than the memory does. Guarded by this. */
  private MemoryState state;

  MemoryAccount(CowStore store, TreeView view, Admissions admissions, Hypervisors hypervisors) {
    this.store = store;
    this.view = view;
    this.admissions = admissions;
    this.hypervisors = hypervisors;
    this.known = new KnownDescriptions<>(view, Inspection::memory);
  }

  MemoryReport report(List<VmDirectory> vms) throws ErrnoException, MachineException {
    HostAccount account = admissions.host();
    List<MemoryReport.Row> rows = new ArrayList<>();
    Promise promised = admissions.promised();
    long usedBytes = 0;
    for (VmDirectory vm : vms) {
      Optional<MemoryReport.Row> row = vm.ask(view, now -> row(now, account.memory()));
      row.ifPresent(rows::add);
      if (row.filter(MemoryReport.Row::isOn).isPresent()) {
        Promise promise = row.get().promise();
        usedBytes +=
            row.get().residentBytes().orElse(promise.sizeBytes() + promise.overheadBytes());
      }
    }
    long freeBytes = freeBytes(account, usedBytes);
    return new MemoryReport(
        account,
        promised,
        freeBytes,
        state(freeBytes, account.memory().totalBytes()),
        store.setAsideBytes(),
        rows);
  }

  /** Where the total was set, what is not kept for the host and not used by VMs counts too. */
  private static long freeBytes(HostAccount account, long usedBytes) {
    HostMemory host = account.memory();
    long left = host.totalBytes() - host.reserveBytes() - usedBytes;
    long available = account.measured().availableBytes();
    return account.settings().totalBytes().isPresent()
        ? Math.max(0, Math.min(left, available))
        : available;
  }

  private synchronized MemoryState state(long freeBytes, long totalBytes) {
    state =
        state == null ? MemoryState.of(freeBytes, totalBytes) : state.next(freeBytes, totalBytes);
    return state;
  }

  private MemoryReport.Row row(VmDirectory vm, HostMemory host)
      throws ErrnoException, MachineException {
    Optional<VmMemory> memory = Optional.empty();
    Optional<String> problem = Optional.empty();
    try {
      memory = Optional.of(memory(vm));
    } catch (UnsoundException e) {
      problem = Optional.of(e.getMessage());
    }
    Activity activity = Activity.of(view, vm);
    Optional<PowerRecord> power = activity.power();
    boolean isOn = power.isPresent();
    boolean isAdmitted = power.filter(record -> !record.isAdmitted()).isEmpty();
    Promise promise =
        power
            .map(PowerRecord::promise)
            .orElse(
                memory.filter(m -> !vm.isTemplate()).map(host::promise).orElse(Promise.NOTHING));
    Optional<Opener> process = process(activity);
    OptionalLong resident = OptionalLong.empty();
    OptionalLong given = OptionalLong.empty();
    if (process.isPresent()) {
      int id = process.get().processId();
      resident = ProcessMemory.residentBytes(id);
      given = QemuCommand.memoryBytes(ProcessMemory.arguments(id));
    }
    return new MemoryReport.Row(
        vm.name(),
        vm.isTemplate(),
        memory,
        problem,
        promise,
        isOn,
        isAdmitted,
        process,
        resident,
        given);
  }

  /** The hypervisor, else the process that the VM is on for. */
  private Optional<Opener> process(Activity activity) {
    return activity.runners().stream()
        .filter(hypervisors::isOne)
        .findFirst()
        .or(() -> activity.power().flatMap(PowerRecord::holder));
  }

  /** What a VM is configured to have. */
  private VmMemory memory(VmDirectory vm) throws UnsoundException, MachineException {
    Optional<VmMemory> memory = known.of(vm);
    if (memory.isPresent()) {
      return memory.get();
    }
    return vm.inspect(view).memory();
  }
}
