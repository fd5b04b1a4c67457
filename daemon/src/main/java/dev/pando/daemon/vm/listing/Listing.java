package dev.pando.daemon.vm.listing;

import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.TreeView;
import dev.pando.daemon.vm.files.CloneChanges;
import dev.pando.daemon.vm.files.Contents;
import dev.pando.daemon.vm.files.Failures;
import dev.pando.daemon.vm.files.Generation;
import dev.pando.daemon.vm.files.Inspection;
import dev.pando.daemon.vm.files.KnownDescriptions;
import dev.pando.daemon.vm.files.Layout;
import dev.pando.daemon.vm.files.MachineException;
import dev.pando.daemon.vm.files.MachineIdentity;
import dev.pando.daemon.vm.files.UnsoundException;
import dev.pando.daemon.vm.files.VmDirectory;
import dev.pando.daemon.vm.files.VmDisk;
import dev.pando.daemon.vm.files.VmFile;
import dev.pando.daemon.vm.files.VmRecord;
import dev.pando.daemon.vm.running.Activity;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** Says of VMs what users are shown. Thread-safe. */
public final class Listing {
  private final TreeView view;
  private final Path mountpoint;
  private final KnownDescriptions<MachineIdentity> identities;

  public Listing(TreeView view, Path mountpoint) {
    this.view = view;
    this.mountpoint = mountpoint;
    this.identities = new KnownDescriptions<>(view, Inspection::identity);
  }

  /**
   * VMs as they are listed, without those that go away meanwhile; those of the same identity are
   * told of each other.
   */
  public List<Machine> summaries(List<VmDirectory> vms) throws MachineException {
    Twinning twinning = new Twinning();
    List<Machine> machines = new ArrayList<>();
    try {
      for (VmDirectory vm : vms) {
        twinning.add(vm.name(), vm.ask(view, this::identity).orElse(MachineIdentity.NONE));
      }
      for (VmDirectory vm : vms) {
        Machine.Twins twins = twinning.of(vm.name());
        vm.ask(view, now -> machine(now, layout(now), twins, Optional.empty()))
            .ifPresent(machines::add);
      }
    } catch (ErrnoException e) {
      throw Failures.translate(e);
    }
    return machines;
  }

  private MachineIdentity identity(VmDirectory vm) throws MachineException {
    try {
      return identities.of(vm).orElse(MachineIdentity.NONE);
    } catch (UnsoundException unreadable) {
      return MachineIdentity.NONE;
    }
  }

  /** A VM with what its own files say; what can not be read in them is left out. */
  public Machine full(VmDirectory vm) throws MachineException {
    Inspection inspection = vm.inspect(view);
    List<VmDisk> disks = List.of();
    MachineIdentity identity = MachineIdentity.NONE;
    try {
      if (!inspection.layout().isAmbiguous()) {
        disks = inspection.disks();
        identity = inspection.identity();
      }
    } catch (UnsoundException unreadable) {
      // what can be said is said
    }
    try {
      return machine(
          vm, inspection.layout(), Machine.Twins.NONE, Optional.of(details(vm, disks, identity)));
    } catch (ErrnoException e) {
      throw Failures.translate(e);
    }
  }

  private Machine.Details details(VmDirectory vm, List<VmDisk> disks, MachineIdentity identity)
      throws ErrnoException {
    long node = vm.node().number();
    CloneChanges changes = CloneChanges.decode(view.attachment(node, CloneChanges.PART));
    return new Machine.Details(
        mountpoint.resolve(vm.name()).toString(),
        disks,
        identity.uuid().map(uuid -> uuid.dashed()),
        identity.macs(),
        time(vm.record().createdNanos()),
        vm.isTemplate() ? time(vm.record().frozenNanos()) : OptionalLong.empty(),
        Generation.of(view, node).stream()
            .map(kept -> new Machine.EarlierGeneration(kept.number(), kept.frozenNanos()))
            .toList(),
        changes.changes().stream()
            .map(change -> new Machine.Change(change.file(), change.change()))
            .toList(),
        changes.omitted());
  }

  private static OptionalLong time(long nanos) {
    return nanos == 0 ? OptionalLong.empty() : OptionalLong.of(nanos);
  }

  private Layout layout(VmDirectory vm) throws MachineException {
    List<VmFile> top = vm.files().stream().filter(VmFile::isTop).toList();
    return Layout.of(Contents.ofTree(view, top));
  }

  private Machine machine(
      VmDirectory vm, Layout layout, Machine.Twins twins, Optional<Machine.Details> details)
      throws MachineException {
    VmRecord record = vm.record();
    try {
      Activity activity = Activity.of(view, vm);
      long privateBytes = vm.privateBytes();
      return new Machine(
          vm.name(),
          kind(vm),
          parent(record),
          vm.isTemplate() ? generation(record.generation()) : OptionalInt.empty(),
          layout.isAmbiguous(),
          activity.isRunning(),
          activity.processes(),
          vm.logicalBytes(),
          privateBytes,
          Math.max(0, vm.mappedBytes() - privateBytes),
          twins,
          details);
    } catch (ErrnoException e) {
      throw Failures.translate(e);
    }
  }

  static Machine.Kind kind(VmDirectory vm) {
    if (vm.isTemplate()) {
      return Machine.Kind.TEMPLATE;
    }
    if (!vm.record().hasParent()) {
      return Machine.Kind.VM;
    }
    return vm.record().independent() ? Machine.Kind.FULL_CLONE : Machine.Kind.LINKED_CLONE;
  }

  private Optional<Machine.Parent> parent(VmRecord record) throws ErrnoException {
    if (!record.hasParent()) {
      return Optional.empty();
    }
    Optional<String> now = view.path(record.parentNode());
    return Optional.of(
        new Machine.Parent(
            now.orElse(record.parentName()), generation(record.parentGeneration()), now.isEmpty()));
  }

  private static OptionalInt generation(int number) {
    return number > 0 ? OptionalInt.of(number) : OptionalInt.empty();
  }
}
