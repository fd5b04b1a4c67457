package dev.pando.daemon.vm.running;

import dev.pando.cowstore.CowStore;
import dev.pando.cowstore.StoreException;
import dev.pando.daemon.memory.Admission;
import dev.pando.daemon.memory.HostMemory;
import dev.pando.daemon.memory.HostSettings;
import dev.pando.daemon.memory.Promise;
import dev.pando.daemon.memory.Units;
import dev.pando.daemon.memory.VmMemory;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.FileSystem;
import dev.pando.daemon.tree.Opener;
import dev.pando.daemon.tree.PandoTree;
import dev.pando.daemon.tree.TreeView;
import dev.pando.daemon.vm.files.Failures;
import dev.pando.daemon.vm.files.MachineException;
import dev.pando.daemon.vm.files.UnsoundException;
import dev.pando.daemon.vm.files.VmDirectory;
import dev.pando.daemon.vm.files.VmFile;
import dev.pando.daemon.vmware.VmFiles;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What VMs that are on were promised of the host's memory, and of the store's space for their swap.
 * The promises are the {@linkplain PowerRecord records} themselves, so there is no sum that could
 * be wrong: it is made anew for each question. Thread-safe: what promises, or changes what may be
 * promised, holds {@link #lock()}, which comes after the lock on operations and before the tree's.
 * Threads that serve requests wait for it, so nobody who holds it waits for the kernel, and who
 * asks for the process of each VM does so only before he would say no.
 */
public final class Admissions {
  private static final Logger LOG = LoggerFactory.getLogger(Admissions.class);

  private final CowStore store;
  private final PandoTree tree;
  private final TreeView view;
  private final Hypervisors hypervisors;
  private final PowerRecords records;
  private final Lock lock = new ReentrantLock();

  /** What is kept for the swap of each VM, by its directory; guarded by {@link #lock}. */
  private final Map<Long, Long> asideBytes = new HashMap<>();

  /** When {@link #recount} last began, by {@link System#nanoTime}; guarded by {@link #lock}. */
  private long recountedAt = System.nanoTime();

  public Admissions(CowStore store, PandoTree tree, Hypervisors hypervisors) throws ErrnoException {
    this.store = store;
    this.tree = tree;
    this.view = tree.view();
    this.hypervisors = hypervisors;
    this.records = new PowerRecords(tree);
    setSwapAside();
  }

  /** The lock on promises. */
  public Lock lock() {
    return lock;
  }

  /** The host, now. */
  public HostAccount host() throws ErrnoException, MachineException {
    return HostAccount.of(view);
  }

  /** What was promised to all VMs that are on. */
  public Promise promised() throws ErrnoException {
    return records.on().values().stream()
        .map(PowerRecord::promise)
        .reduce(Promise.NOTHING, Promise::plus);
  }

  /** What may be promised to one more VM, at this moment. */
  public Admission admission() throws ErrnoException, MachineException {
    return new Admission(host().memory(), promised(), roomBytes());
  }

  /** What may be promised to a VM at this moment, whatever it was promised already. */
  public Admission admission(long directory) throws ErrnoException, MachineException {
    recount();
    return believed(directory);
  }

  /**
   * Why a VM can not be promised this; empty if it can. Under the lock. As long as there is enough,
   * no VM is looked at.
   *
   * @param sinceNanos a look at all VMs, see whether they still run, that is no older than this
   *     time of {@link System#nanoTime} will do
   */
  Optional<String> refusal(long directory, Promise wanted, long sinceNanos)
      throws ErrnoException, MachineException {
    Optional<String> refusal = believed(directory).refusal(wanted);
    if (refusal.isPresent() && recountedAt - sinceNanos < 0) {
      recount();
      return believed(directory).refusal(wanted);
    }
    return refusal;
  }

  /** What may be promised to a VM, if all that were on at the last look still are: never more. */
  private Admission believed(long directory) throws ErrnoException, MachineException {
    Promise others = Promise.NOTHING;
    for (Map.Entry<Long, PowerRecord> entry : records.believed().entrySet()) {
      if (entry.getKey() != directory) {
        others = others.plus(entry.getValue().promise());
      }
    }
    long ownBytes = asideBytes.getOrDefault(directory, 0L);
    return new Admission(host().memory(), others, roomBytes() + ownBytes);
  }

  private long roomBytes() throws MachineException {
    try {
      return store.roomBytes();
    } catch (StoreException e) {
      throw Failures.translate(e);
    }
  }

  /**
   * What a VM is to be promised.
   *
   * @throws MachineException REFUSED if what it is configured to have can not be
   */
  public Promise promise(VmDirectory vm) throws ErrnoException, MachineException {
    return host().memory().promise(memory(vm));
  }

  /** What a VM is configured to have; of one that has no configuration, what is usual. */
  public VmMemory memory(VmDirectory vm) throws MachineException {
    try {
      return vm.inspect(view).memory();
    } catch (UnsoundException e) {
      throw MachineException.refused(
          "\"%s\" can not be given its memory: %s.".formatted(vm.name(), e.getMessage()));
    }
  }

  /** The record of a VM that is on. */
  public Optional<PowerRecord> record(long directory) throws ErrnoException {
    return records.of(directory);
  }

  /** The last record of a VM, whether it is on or not. */
  Optional<PowerRecord> lastRecord(long directory) throws ErrnoException {
    return records.last(directory);
  }

  /** Puts on record that a VM is on, or what it is promised now; under the lock. */
  public void put(long directory, PowerRecord record) throws ErrnoException {
    records.put(directory, record);
    asideBytes.put(directory, aside(directory, record));
    keepAside();
  }

  /** Puts on record that a VM is off; what it was promised is free. Under the lock. */
  void remove(long directory) throws ErrnoException {
    forEachSwapFile(directory, file -> view.file(file.node().number()).drawOnSetAside(false));
    records.remove(directory);
    asideBytes.remove(directory);
    keepAside();
  }

  /**
   * What a VM was promised goes over to a hypervisor that has its disks open, or ends. Under the
   * lock.
   */
  void release(VmDirectory vm) throws ErrnoException, MachineException {
    long directory = vm.node().number();
    Optional<PowerRecord> record = records.of(directory);
    List<Opener> running = running(vm);
    if (record.isPresent()
        && record.get().isByOpening()
        && running.stream().anyMatch(o -> o.processId() == record.get().processId())) {
      return;
    }
    Optional<PowerRecord> next =
        running.isEmpty()
            ? Optional.empty()
            : PowerRecord.byOpening(running.get(0).processId(), nowNanos());
    if (next.isPresent() && record.isPresent()) {
      PowerRecord handed = next.get().with(record.get().promise());
      put(directory, record.get().isAdmitted() ? handed : handed.unadmitted());
    } else {
      remove(directory);
    }
  }

  /** The hypervisors that have a VM's disks open for writing. */
  private List<Opener> running(VmDirectory vm) throws ErrnoException {
    List<VmFile> images =
        vm.files().stream().filter(file -> VmFiles.isDiskImage(file.name())).toList();
    return Activity.writers(view, images).stream().filter(hypervisors::isOne).toList();
  }

  static long nowNanos() {
    return System.currentTimeMillis() * 1_000_000;
  }

  /**
   * Sets what is said of the host's memory; durable with the next commit.
   *
   * @throws MachineException REFUSED if VMs that are on were promised more than that would allow
   */
  public void set(HostSettings settings) throws ErrnoException, MachineException {
    lock.lock();
    try {
      HostAccount before = host();
      HostMemory host = new HostAccount(settings, before.measured()).memory();
      if (host.reserveBytes() > host.totalBytes()) {
        throw MachineException.refused(
            "A host of %s can not keep %s for itself. Give it more, or let it keep less."
                .formatted(Units.text(host.totalBytes()), Units.text(host.reserveBytes())));
      }
      Promise promised = promised();
      long unreserved = host.unreservedBytes(promised);
      if (unreserved < 0 && unreserved < before.memory().unreservedBytes(promised)) {
        throw MachineException.refused(
            ("A host of %s that keeps %s has too little: %s and %s overhead are reserved for VMs"
                    + " that are on. Power some off first.")
                .formatted(
                    Units.text(host.totalBytes()),
                    Units.text(host.reserveBytes()),
                    Units.text(promised.reservationBytes()),
                    Units.text(promised.overheadBytes())));
      }
      tree.attach(FileSystem.ROOT, HostAccount.PART, Optional.of(settings.encode()));
    } finally {
      lock.unlock();
    }
  }

  // ---- room for swap

  /**
   * Has the store keep room for what VMs that are on may swap, less what their swap files hold
   * already. To be repeated now and then: swap files grow, and VMs end without a word.
   */
  public void setSwapAside() {
    try {
      Map<Long, PowerRecord> on;
      lock.lock();
      try {
        records.forgetRemoved();
        on = records.on();
        asideBytes.keySet().retainAll(on.keySet());
      } finally {
        lock.unlock();
      }
      for (Map.Entry<Long, PowerRecord> entry : on.entrySet()) {
        setAside(entry.getKey(), entry.getValue());
      }
      lock.lock();
      try {
        keepAside();
      } finally {
        lock.unlock();
      }
    } catch (ErrnoException e) {
      LOG.warn("room for swap could not be set aside: {}", Failures.translate(e).getMessage());
    }
  }

  /** One VM at a time: others, who open disks, need the lock. */
  private void setAside(long directory, PowerRecord record) {
    lock.lock();
    try {
      if (record.equals(records.believed().get(directory))) {
        asideBytes.put(directory, aside(directory, record));
      }
    } finally {
      lock.unlock();
    }
  }

  /** Forgets those that are not on any more, and what was kept for their swap. Under the lock. */
  private void recount() throws ErrnoException {
    recountedAt = System.nanoTime();
    records.forgetRemoved();
    if (asideBytes.keySet().retainAll(records.on().keySet())) {
      keepAside();
    }
  }

  private void keepAside() throws ErrnoException {
    long bytes = 0;
    for (long one : asideBytes.values()) {
      bytes += one;
    }
    store.setAside(bytes);
  }

  /** What is kept for the swap of a VM beside what its swap files, which may use it, hold. */
  private long aside(long directory, PowerRecord record) {
    long[] bytes = {record.swapBytes()};
    if (bytes[0] > 0) {
      forEachSwapFile(
          directory,
          file -> {
            view.file(file.node().number()).drawOnSetAside(true);
            bytes[0] -= file.node().mappedBytes();
          });
    }
    return Math.max(0, bytes[0]);
  }

  @FunctionalInterface
  private interface SwapFileVisitor {
    void visit(VmFile file) throws ErrnoException;
  }

  private void forEachSwapFile(long directory, SwapFileVisitor visitor) {
    try {
      for (VmFile file : VmFile.below(view, directory)) {
        if (file.node().isRegular() && SwapFile.isOne(file.name())) {
          visitor.visit(file);
        }
      }
    } catch (ErrnoException e) {
      LOG.debug("a swap file went away meanwhile: {}", e.getMessage());
    }
  }
}
