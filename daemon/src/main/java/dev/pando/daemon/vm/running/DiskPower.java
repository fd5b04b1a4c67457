package dev.pando.daemon.vm.running;

import dev.pando.daemon.memory.Promise;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.OpenGuard;
import dev.pando.daemon.tree.Opener;
import dev.pando.daemon.tree.TreeView;
import dev.pando.daemon.vm.files.Failures;
import dev.pando.daemon.vm.files.Inventory;
import dev.pando.daemon.vm.files.MachineException;
import dev.pando.daemon.vm.files.VmDirectory;
import dev.pando.daemon.vm.files.VmFile;
import dev.pando.daemon.vmware.VmFiles;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes a hypervisor's opening of a VM's disk for writing for the power-on, and its last close for
 * the power-off, so that nobody need say so. Other programs never count. Thread-safe.
 */
public final class DiskPower implements OpenGuard {
  private static final Logger LOG = LoggerFactory.getLogger(DiskPower.class);

  /** What becomes of a hypervisor whose VM can not be admitted. */
  public enum Policy {
    /** It runs, and the log says that there is no memory for it. */
    ADVISE,
    /** It gets ENOMEM when it opens the disk. */
    ENFORCE;

    /** The word for it on command lines and in JSON. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** Reads {@link #word}. */
    public static Optional<Policy> parse(String word) {
      return Arrays.stream(values()).filter(policy -> policy.word().equals(word)).findFirst();
    }
  }

  private final TreeView view;
  private final Inventory inventory;
  private final Admissions admissions;
  private final Hypervisors hypervisors;
  private final Policy policy;

  public DiskPower(
      TreeView view,
      Inventory inventory,
      Admissions admissions,
      Hypervisors hypervisors,
      Policy policy) {
    this.view = view;
    this.inventory = inventory;
    this.admissions = admissions;
    this.hypervisors = hypervisors;
    this.policy = policy;
  }

  @Override
  public boolean admits(long image, Opener writer) {
    if (!hypervisors.isOne(writer)) {
      return true;
    }
    admissions.lock().lock();
    try {
      Optional<VmDirectory> vm = owner(image);
      return vm.isEmpty() || admits(vm.get(), writer);
    } catch (MachineException e) {
      return failed(e);
    } catch (ErrnoException e) {
      return failed(Failures.translate(e));
    } finally {
      admissions.lock().unlock();
    }
  }

  private boolean failed(MachineException failure) {
    LOG.warn("Opened by a hypervisor: {}", failure.getMessage());
    return policy == Policy.ADVISE;
  }

  private boolean admits(VmDirectory vm, Opener writer) throws ErrnoException, MachineException {
    long directory = vm.node().number();
    if (admissions.record(directory).isPresent()) {
      return true;
    }
    Optional<PowerRecord> record =
        PowerRecord.byOpening(writer.processId(), System.currentTimeMillis() * 1_000_000);
    if (record.isEmpty()) {
      return true; // it is gone, and what it asked for with it
    }
    Promise wanted = admissions.promise(vm);
    Optional<String> refusal = admissions.admission(directory).refusal(wanted);
    if (refusal.isPresent()) {
      LOG.warn(
          "\"{}\" has no memory, and {} {}: {}",
          vm.name(),
          Openers.names(List.of(writer)),
          policy == Policy.ENFORCE ? "was refused its disk" : "has its disk all the same",
          refusal.get());
      if (policy == Policy.ENFORCE) {
        return false;
      }
    }
    admissions.put(vm, record.get().with(wanted));
    return true;
  }

  @Override
  public void closed(long image, Opener writer) {
    if (!hypervisors.isOne(writer)) {
      return;
    }
    admissions.lock().lock();
    try {
      Optional<VmDirectory> vm = owner(image);
      if (vm.isPresent()) {
        closed(vm.get());
      }
    } catch (MachineException e) {
      failed(e);
    } catch (ErrnoException e) {
      failed(Failures.translate(e)); // the record ends with the process
    } finally {
      admissions.lock().unlock();
    }
  }

  /** What the VM was promised goes over to a hypervisor that still has a disk open, or ends. */
  private void closed(VmDirectory vm) throws ErrnoException {
    Optional<PowerRecord> record =
        view.attachment(vm.node().number(), PowerRecord.PART).map(PowerRecord::decode);
    if (record.filter(PowerRecord::isByOpening).isEmpty()) {
      return;
    }
    List<VmFile> images =
        vm.files().stream().filter(file -> VmFiles.isDiskImage(file.name())).toList();
    List<Opener> left = Activity.writers(view, images).stream().filter(hypervisors::isOne).toList();
    int holder = record.get().processId();
    if (left.stream().anyMatch(writer -> writer.processId() == holder)) {
      return;
    }
    Optional<PowerRecord> next =
        left.stream()
            .findFirst()
            .flatMap(
                writer -> PowerRecord.byOpening(writer.processId(), record.get().sinceNanos()));
    if (next.isPresent()) {
      admissions.put(vm, next.get().with(record.get().promise()));
    } else {
      admissions.remove(vm.node().number());
    }
  }

  /** The VM that an image belongs to. */
  private Optional<VmDirectory> owner(long image) throws ErrnoException, MachineException {
    Optional<String> path = Optional.empty();
    Optional<Long> directory = view.directoryOf(image);
    if (directory.isPresent()) {
      path = view.path(directory.get());
    }
    Optional<String> name = path.flatMap(inventory::nameOfOwner);
    return name.isEmpty() ? Optional.empty() : Optional.of(inventory.find(name.get()));
  }
}
