package dev.pando.daemon.vm.running;

import dev.pando.cowstore.CowStore;
import dev.pando.daemon.memory.Admission;
import dev.pando.daemon.memory.HostMemory;
import dev.pando.daemon.memory.HostSettings;
import dev.pando.daemon.memory.MemoryRuleException;
import dev.pando.daemon.memory.Promise;
import dev.pando.daemon.memory.Units;
import dev.pando.daemon.memory.VmMemory;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.FileSystem;
import dev.pando.daemon.tree.PandoTree;
import dev.pando.daemon.tree.TreeView;
import dev.pando.daemon.vm.files.Failures;
import dev.pando.daemon.vm.files.MachineException;
import dev.pando.daemon.vm.files.UnsoundException;
import dev.pando.daemon.vm.files.VmDirectory;
import dev.pando.daemon.vm.files.VmFile;
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
 */
public final class Admissions {
  private static final Logger LOG = LoggerFactory.getLogger(Admissions.class);

  private final CowStore store;
  private final PandoTree tree;
  private final TreeView view;
  private final PowerRecords records;
  private final Lock lock = new ReentrantLock();

  public Admissions(CowStore store, PandoTree tree) throws ErrnoException {
    this.store = store;
    this.tree = tree;
    this.view = tree.view();
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

  /**
   * What may be promised to a VM, at this moment.
   *
   * @param directory the VM's; what it was promised already does not count
   */
  public Admission admission(long directory) throws ErrnoException, MachineException {
    HostMemory host = host().memory();
    Promise promised = Promise.NOTHING;
    long ownBytes = 0;
    for (Map.Entry<Long, PowerRecord> entry : records.on().entrySet()) {
      if (entry.getKey() != directory) {
        promised = promised.plus(entry.getValue().promise());
      } else {
        ownBytes = aside(directory, entry.getValue());
      }
    }
    return new Admission(host, promised, store.stats().availableBytes() + ownBytes);
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
      return vm.inspect(view).memory().checked();
    } catch (UnsoundException | MemoryRuleException e) {
      throw MachineException.refused(
          "\"%s\" can not be given its memory: %s.".formatted(vm.name(), e.getMessage()));
    }
  }

  /** Puts on record that a VM is on, or what it is promised now; under the lock. */
  public void put(VmDirectory vm, PowerRecord record) throws ErrnoException {
    records.put(vm.node().number(), record);
    setSwapAside();
  }

  /** Puts on record that a VM is off; what it was promised is free. */
  public void remove(long directory) throws ErrnoException {
    lock.lock();
    try {
      records.remove(directory);
      setSwapAside();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Sets what is said of the host's memory.
   *
   * @throws MachineException REFUSED if VMs that are on were promised more than that
   */
  public void set(HostSettings settings) throws ErrnoException, MachineException {
    lock.lock();
    try {
      HostMemory host = new HostAccount(settings, host().measured()).memory();
      Promise promised = admission(0).promised();
      if (host.reserveBytes() > host.totalBytes() || host.unreservedBytes(promised) < 0) {
        throw MachineException.refused(
            ("A host of %s that keeps %s can not be: %s and %s overhead are reserved for VMs"
                    + " that are on. Power some off first.")
                .formatted(
                    Units.text(host.totalBytes()),
                    Units.text(host.reserveBytes()),
                    Units.text(promised.reservationBytes()),
                    Units.text(promised.overheadBytes())));
      }
      tree.<Void, ErrnoException>edit(
          edit -> {
            edit.attach(FileSystem.ROOT, HostAccount.PART, settings.encode());
            return null;
          });
    } finally {
      lock.unlock();
    }
  }

  /**
   * Has the store keep room for what VMs that are on may swap, less what their swap files hold
   * already. To be repeated now and then: swap files grow, and VMs end without a word.
   */
  public void setSwapAside() {
    lock.lock();
    try {
      records.forgetRemoved();
      long bytes = 0;
      for (Map.Entry<Long, PowerRecord> entry : records.on().entrySet()) {
        bytes += aside(entry.getKey(), entry.getValue());
      }
      store.setAside(bytes);
    } catch (ErrnoException e) {
      LOG.warn("room for swap could not be set aside: {}", Failures.translate(e).getMessage());
    } finally {
      lock.unlock();
    }
  }

  /** What is kept for the swap of a VM beside what its swap files, which may use it, hold. */
  private long aside(long directory, PowerRecord record) {
    long bytes = record.promise().swapBytes();
    try {
      for (VmFile file : VmFile.below(view, directory)) {
        if (file.node().isRegular() && file.name().endsWith(SwapFile.SUFFIX)) {
          view.file(file.node().number()).drawOnSetAside();
          bytes -= file.node().mappedBytes();
        }
      }
    } catch (ErrnoException e) {
      return 0; // it is being removed
    }
    return Math.max(0, bytes);
  }

  /** The record of a VM that is on. */
  public Optional<PowerRecord> record(long directory) throws ErrnoException {
    return records.of(directory);
  }
}
