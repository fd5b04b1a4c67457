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
    Optional<PowerRecord> present = admissions.record(directory);
    int holder = present.map(PowerRecord::processId).orElse(0);
    if (present.isPresent() && (holder == 0 || holder == writer.processId())) {
      return true;
    }
    Optional<PowerRecord> opened = PowerRecord.byOpening(writer.processId(), Admissions.nowNanos());
    if (opened.isEmpty()) {
      return true; // it is gone, and what it asked for with it
    }
    if (present.isPresent()) {
      // who started it may end before it does: a launcher, or a QEMU that goes into the background
      PowerRecord handed = opened.get().with(present.get().promise());
      admissions.put(directory, present.get().isAdmitted() ? handed : handed.unadmitted());
      return true;
    }
    Promise wanted = admissions.promise(vm);
    PowerRecord record = opened.get().with(wanted);
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
      record = record.unadmitted();
    }
    admissions.put(directory, record);
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
      if (vm.isPresent()
          && admissions
              .lastRecord(vm.get().node().number())
              .filter(PowerRecord::isByOpening)
              .isPresent()) {
        admissions.release(vm.get());
      }
    } catch (MachineException | ErrnoException e) {
      // the record ends with the process
      LOG.warn("closed by {}: {}", Openers.names(List.of(writer)), e.getMessage());
    } finally {
      admissions.lock().unlock();
    }
  }

  /** The VM that an image belongs to. */
  private Optional<VmDirectory> owner(long image) throws ErrnoException, MachineException {
    Optional<Long> directory = view.directoryOf(image);
    return directory.isEmpty() ? Optional.empty() : inventory.ownerOf(directory.get());
  }
}
