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
import java.time.Duration;
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

  /** How old what is known of other VMs may be where nothing is refused, only said. */
  private static final Duration ADVICE_AGE = Duration.ofSeconds(1);

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
    long sinceNanos = System.nanoTime() - (policy == Policy.ADVISE ? ADVICE_AGE.toNanos() : 0);
    try {
      Optional<VmDirectory> vm = owner(image);
      return vm.isEmpty() || admits(vm.get(), writer, sinceNanos);
    } catch (MachineException e) {
      return failed(e);
    } catch (ErrnoException e) {
      return failed(Failures.translate(e));
    }
  }

  private boolean failed(MachineException failure) {
    LOG.warn("Opened by a hypervisor: {}", failure.getMessage());
    return policy == Policy.ADVISE;
  }

  /** What takes long is done before the lock is taken: in a boot storm, many wait for it. */
  private boolean admits(VmDirectory vm, Opener writer, long sinceNanos)
      throws ErrnoException, MachineException {
    Optional<PowerRecord> opened = PowerRecord.byOpening(writer.processId(), Admissions.nowNanos());
    if (opened.isEmpty()) {
      return true; // it is gone, and what it asked for with it
    }
    boolean isOn = admissions.record(vm.node().number()).isPresent();
    Promise wanted = isOn ? Promise.NOTHING : admissions.promise(vm);
    admissions.lock().lock();
    try {
      if (goesOn(vm, opened.get())) {
        return true;
      }
      return admits(
          vm, writer, opened.get().with(isOn ? admissions.promise(vm) : wanted), sinceNanos);
    } finally {
      admissions.lock().unlock();
    }
  }

  /** Whether a VM is on already; then who opens its disk has what it was promised. */
  private boolean goesOn(VmDirectory vm, PowerRecord opened) throws ErrnoException {
    long directory = vm.node().number();
    Optional<PowerRecord> present = admissions.record(directory);
    if (present.isEmpty()) {
      return false;
    }
    int holder = present.get().processId();
    if (holder != 0 && holder != opened.processId()) {
      // who started it may end before it does: a launcher, or a QEMU that goes into the background
      PowerRecord handed = opened.with(present.get().promise());
      admissions.put(directory, present.get().isAdmitted() ? handed : handed.unadmitted());
    }
    return true;
  }

  private boolean admits(VmDirectory vm, Opener writer, PowerRecord wanted, long sinceNanos)
      throws ErrnoException, MachineException {
    long directory = vm.node().number();
    PowerRecord record = wanted;
    Optional<String> refusal = admissions.refusal(directory, wanted.promise(), sinceNanos);
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
    try {
      Optional<VmDirectory> vm = owner(image);
      if (vm.isPresent()) {
        release(vm.get());
      }
    } catch (MachineException | ErrnoException e) {
      // the record ends with the process
      LOG.warn("closed by {}: {}", Openers.names(List.of(writer)), e.getMessage());
    }
  }

  private void release(VmDirectory vm) throws MachineException, ErrnoException {
    admissions.lock().lock();
    try {
      long directory = vm.node().number();
      if (admissions.lastRecord(directory).filter(PowerRecord::isByOpening).isPresent()) {
        admissions.release(vm);
      }
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
