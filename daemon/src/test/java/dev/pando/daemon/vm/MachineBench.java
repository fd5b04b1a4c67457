package dev.pando.daemon.vm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.TreeBench;
import dev.pando.daemon.vm.cloning.CloneReport;
import dev.pando.daemon.vm.cloning.CloneRequest;
import dev.pando.daemon.vm.files.MachineException;
import dev.pando.daemon.vm.listing.Machine;
import dev.pando.daemon.vm.running.DiskPower;
import dev.pando.daemon.vm.running.Hypervisors;
import dev.pando.daemon.vmware.FormatException;
import dev.pando.daemon.vmware.Vmx;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.function.Executable;

/** Machines over a real store, with a VM on the host to begin from. */
final class MachineBench implements AutoCloseable {
  /** Of which no test is. */
  private static final Hypervisors HYPERVISORS = Hypervisors.parse("pando-no-such-hypervisor");

  private static final int MAX_CONTENT = 64 << 20;

  private static final AtomicInteger NAMES = new AtomicInteger();

  private final Path directory;
  private final TreeBench tree;
  private Machines machines;

  MachineBench(Path directory) throws IOException {
    this.directory = directory;
    this.tree = new TreeBench(Files.createDirectory(directory.resolve("store")));
    this.machines =
        new Machines(tree.store(), tree.tree(), mountpoint(), HYPERVISORS, DiskPower.Policy.ADVISE);
  }

  /** Nothing is mounted there. */
  Path mountpoint() {
    return directory.resolve("mnt");
  }

  Machines machines() {
    return machines;
  }

  TreeBench tree() {
    return tree;
  }

  void reopen() throws IOException {
    machines.close();
    tree.reopen();
    machines =
        new Machines(tree.store(), tree.tree(), mountpoint(), HYPERVISORS, DiskPower.Policy.ADVISE);
  }

  /** A new VM on the host, by a name that no other has. */
  HostVm hostVm(String name) throws IOException {
    Path parent = Files.createDirectory(directory.resolve("host" + NAMES.incrementAndGet()));
    return HostVm.in(parent, name);
  }

  /** Imports a whole VM. */
  HostVm importVm(String name) throws IOException, MachineException {
    HostVm vm = hostVm(name);
    importVm(vm);
    return vm;
  }

  String importVm(HostVm vm) throws MachineException {
    return machines.importDirectory(vm.directory(), Optional.empty(), (done, total) -> {});
  }

  void clone(String source, String... targets) throws MachineException {
    assertEquals(List.of(targets), clone(CloneRequest.linked(source, List.of(targets))).names());
  }

  CloneReport clone(CloneRequest request) throws MachineException {
    return machines.clone(request, (done, total) -> {});
  }

  byte[] content(String path) throws ErrnoException {
    return tree.tree().view().content(tree.node(path), MAX_CONTENT);
  }

  String text(String path) throws ErrnoException {
    return new String(content(path), StandardCharsets.UTF_8);
  }

  Vmx vmx(String path) throws ErrnoException, FormatException {
    return Vmx.parse(content(path));
  }

  List<String> names() throws MachineException {
    return machines.list().stream().map(Machine::name).toList();
  }

  /** A refusal of this kind, in a sentence that says {@code saying} and holds no stack trace. */
  static void assertRefused(MachineException.Kind kind, String saying, Executable executable) {
    MachineException refusal = assertThrows(MachineException.class, executable);
    assertEquals(kind, refusal.kind(), refusal.getMessage());
    assertTrue(refusal.getMessage().contains(saying), refusal.getMessage());
    assertFalse(refusal.getMessage().contains("Exception"), refusal.getMessage());
    assertTrue(refusal.getMessage().endsWith("."), refusal.getMessage());
  }

  @Override
  public void close() throws IOException {
    machines.close();
    tree.close();
  }
}
