package dev.pando.daemon.vm;

import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.Opener;
import dev.pando.daemon.tree.TreeView;
import dev.pando.daemon.vmware.Vmx;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Says of VMs what users are shown. Thread-safe. */
final class Listing {
  private final TreeView view;
  private final Path mountpoint;

  Listing(TreeView view, Path mountpoint) {
    this.view = view;
    this.mountpoint = mountpoint;
  }

  /** A VM as it is listed. */
  Machine summary(VmDirectory vm) throws MachineException {
    return machine(vm, layout(vm), Optional.empty());
  }

  /** A VM with what its own files say; what can not be read in them is left out. */
  Machine full(VmDirectory vm) throws MachineException {
    Inspection inspection = vm.inspect(view);
    String directory = mountpoint.resolve(vm.name()).toString();
    Machine.Details details;
    try {
      if (inspection.layout().isAmbiguous()) {
        throw new UnsoundException("two configurations");
      }
      Optional<Vmx> vmx = inspection.configuration();
      details =
          new Machine.Details(
              directory,
              inspection.disks(),
              vmx.flatMap(Vmx::uuid).map(uuid -> uuid.dashed()),
              vmx.map(Vmx::macAddresses).orElse(List.of()));
    } catch (UnsoundException unreadable) {
      details = new Machine.Details(directory, List.of(), Optional.empty(), List.of());
    }
    return machine(vm, inspection.layout(), Optional.of(details));
  }

  private Layout layout(VmDirectory vm) throws MachineException {
    List<VmFile> top = vm.files().stream().filter(VmFile::isTop).toList();
    return Layout.of(Contents.ofTree(view, top));
  }

  private Machine machine(VmDirectory vm, Layout layout, Optional<Machine.Details> details)
      throws MachineException {
    VmRecord record = vm.record();
    try {
      List<Opener> runners = vm.runners(view);
      Machine.Kind kind =
          vm.isTemplate()
              ? Machine.Kind.TEMPLATE
              : record.hasParent() ? Machine.Kind.LINKED_CLONE : Machine.Kind.VM;
      long privateBytes = vm.privateBytes();
      return new Machine(
          vm.name(),
          kind,
          parent(record),
          vm.isTemplate() ? generation(record.generation()) : OptionalInt.empty(),
          layout.isAmbiguous(),
          !runners.isEmpty() || vm.isLocked(),
          runners,
          vm.logicalBytes(),
          privateBytes,
          Math.max(0, vm.mappedBytes() - privateBytes),
          details);
    } catch (ErrnoException e) {
      throw Failures.translate(e);
    }
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
