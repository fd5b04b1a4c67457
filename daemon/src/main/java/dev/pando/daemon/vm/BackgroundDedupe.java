package dev.pando.daemon.vm;

import dev.pando.cowstore.CowFile;
import dev.pando.cowstore.CowStore;
import dev.pando.cowstore.DedupeReport;
import dev.pando.cowstore.StoreException;
import dev.pando.cowstore.StoreState;
import dev.pando.daemon.tree.Errno;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.PandoTree;
import dev.pando.daemon.tree.TreeView;
import dev.pando.daemon.vm.files.DedupeRecord;
import dev.pando.daemon.vm.files.Inventory;
import dev.pando.daemon.vm.files.MachineException;
import dev.pando.daemon.vm.files.VmDirectory;
import dev.pando.daemon.vm.files.VmFile;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks for the blocks of VMs that were frozen or imported among those that were seen before, one
 * VM after the other, slowly. That a VM is due, and how far it has come, is on record with its
 * directory, so that it goes on where it was when the daemon has ended. What is found is stored
 * once. A VM that fails is tried again after pauses, beside the others; one that is gone is no
 * failure.
 */
final class BackgroundDedupe implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(BackgroundDedupe.class);

  /** What is read in a second at most, so that guests keep their speed: 64 MiB. */
  private static final double BYTES_PER_NANO = 64.0 * (1 << 20) / 1e9;

  /** How far it goes until what it has reached is put on record. */
  private static final long PART_BYTES = 512L << 20;

  /** After a freeze or an import there is other work first. */
  private static final long DELAY_NANOS = TimeUnit.SECONDS.toNanos(3);

  /** What failed if no single VM did: no inode has this number. */
  private static final long ALL = 0;

  private final CowStore store;
  private final PandoTree tree;
  private final TreeView view;
  private final Inventory inventory;
  private final Semaphore due = new Semaphore(1);

  /** Whether VMs were switched on or off since the candidates were collected. */
  private final AtomicBoolean switched = new AtomicBoolean();

  // used by its thread alone
  private final Retries retries = new Retries();

  /** In which files a VM's blocks are looked for, in this round; null if it is not known yet. */
  private Candidates candidates;

  private final Thread thread = new Thread(this::run, "pando-dedupe");
  private volatile boolean stopping;

  BackgroundDedupe(CowStore store, PandoTree tree, Inventory inventory) {
    this.store = store;
    this.tree = tree;
    this.view = tree.view();
    this.inventory = inventory;
    thread.setDaemon(true);
    if (store.state() == StoreState.READY) {
      thread.start();
    }
  }

  /** Tells it that a VM may be due. */
  void wake() {
    due.release();
  }

  /** Tells it that VMs were switched on or off. */
  void switched() {
    switched.set(true);
    due.release();
  }

  @Override
  public void close() {
    stopping = true;
    due.release();
    LockSupport.unpark(thread);
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    CowStore.yieldToRequests();
    while (!stopping) {
      awaitWork();
      rest(DELAY_NANOS);
      due.drainPermits();
      searchAll();
    }
  }

  /** Waits until it is told that there may be something, or what failed is to be tried again. */
  private void awaitWork() {
    OptionalLong pauseNanos = retries.leftNanos(System.nanoTime());
    try {
      if (pauseNanos.isEmpty()) {
        due.acquire();
      } else {
        boolean unused = due.tryAcquire(pauseNanos.getAsLong(), TimeUnit.NANOSECONDS);
      }
    } catch (InterruptedException nobodyDoes) {
      LOG.debug("interrupted");
    }
  }

  /** Searches all that are due, but for those that failed and have to wait. */
  private void searchAll() {
    candidates = null;
    try {
      Map<Long, byte[]> records = view.attachments(DedupeRecord.PART);
      Set<Long> known = new HashSet<>(records.keySet());
      known.add(ALL);
      retries.retain(known);
      for (Map.Entry<Long, byte[]> entry : records.entrySet()) {
        if (stopping) {
          return;
        }
        if (retries.isDue(entry.getKey(), System.nanoTime())) {
          attempt(entry.getKey(), entry.getValue());
        }
      }
      retries.ended(ALL);
    } catch (ErrnoException | MachineException | StoreException | RuntimeException e) {
      if (isWorthTelling(ALL)) {
        LOG.warn("dedupe in the background has stopped for now: {}", e.toString());
      }
    }
  }

  /** One try for one VM; others go on if it fails, but where it is nothing of its own. */
  private void attempt(long directory, byte[] record) throws MachineException, StoreException {
    try {
      if (DedupeRecord.decode(Optional.of(record)).due()) {
        search(directory);
      }
      retries.ended(directory);
    } catch (StoreException e) {
      if (e.reason() == StoreException.Reason.FULL) {
        throw e;
      }
      failed(directory, e);
    } catch (ErrnoException | RuntimeException e) {
      failed(directory, e);
    }
  }

  private void failed(long directory, Exception why) {
    Optional<String> name = nameOf(directory);
    if (name.isEmpty()) {
      retries.ended(directory); // it was removed meanwhile
    } else if (isWorthTelling(directory)) {
      LOG.warn(
          "{}: the search for equal blocks failed, and is tried again: {}",
          name.get(),
          why.toString());
    }
  }

  /** Notes a failure; whether it is a new one of a store that is well. */
  private boolean isWorthTelling(long what) {
    return retries.failed(what, System.nanoTime())
        && !stopping
        && store.state() == StoreState.READY;
  }

  /** Where a directory is; nothing if it is nowhere any more. */
  private Optional<String> nameOf(long directory) {
    try {
      return view.path(directory);
    } catch (ErrnoException unreadable) {
      return Optional.of("a VM that can not be read");
    }
  }

  /** Of this round, or since dedupe was switched for a VM. */
  private Candidates candidates() throws MachineException {
    if (switched.getAndSet(false) || candidates == null) {
      candidates = Candidates.of(view, inventory, (vm, why) -> omitted(vm.node().number(), why));
    }
    return candidates;
  }

  /** It counts as one failure with what the VM's own turn comes to. */
  private void omitted(long directory, Exception why) {
    if (retries.isDue(directory, System.nanoTime())) {
      failed(directory, why);
    }
  }

  private void rest(long nanos) {
    long end = System.nanoTime() + nanos;
    while (!stopping && System.nanoTime() < end) {
      LockSupport.parkNanos(end - System.nanoTime());
    }
  }

  /** Searches one VM, from where it was broken off. */
  private void search(long directory) throws ErrnoException, MachineException, StoreException {
    Optional<VmDirectory> vm = find(directory);
    if (vm.isEmpty()
        || !DedupeRecord.isSwitchedOn(view)
        || !Candidates.isSearched(view, vm.get())) {
      record(directory, DedupeRecord.of(view, directory).done());
      return;
    }
    long shared = 0;
    for (long node : nodes(vm.get())) {
      DedupeRecord record = DedupeRecord.of(view, directory);
      long offset = record.file() == node ? record.offset() : 0;
      while (node >= record.file() && offset != CowFile.MAX_BYTES) {
        if (stopping || !record.due() || record.off()) {
          return;
        }
        DedupeReport part = searchPart(node, offset, candidates());
        shared += part.sharedBytes();
        offset = part.reachedBytes();
        record = DedupeRecord.of(view, directory).reached(part.isWhole() ? node + 1 : node, offset);
        record(directory, record);
      }
    }
    record(directory, DedupeRecord.of(view, directory).done());
    if (shared > 0) {
      LOG.info(
          "{}: {} KiB were stored already, and are stored once", vm.get().name(), shared >> 10);
    }
  }

  private Optional<VmDirectory> find(long directory) throws ErrnoException {
    Optional<String> name = view.path(directory);
    return name.isEmpty()
        ? Optional.empty()
        : Optional.of(VmDirectory.read(view, name.get(), directory));
  }

  private static List<Long> nodes(VmDirectory vm) {
    List<Long> nodes = new ArrayList<>();
    for (VmFile file : vm.files()) {
      if (file.node().isRegular()) {
        nodes.add(file.node().number());
      }
    }
    nodes.sort(null);
    return nodes;
  }

  private DedupeReport searchPart(long node, long offset, Candidates among)
      throws ErrnoException, StoreException {
    CowFile file;
    try {
      file = view.file(node);
    } catch (ErrnoException e) {
      if (e.errno() != Errno.ESTALE) {
        throw e;
      }
      return new DedupeReport(0, 0, CowFile.MAX_BYTES); // removed meanwhile
    }
    long start = System.nanoTime();
    return store.dedupe(
        file,
        offset,
        among::contains,
        readBytes -> {
          rest(start + (long) (readBytes / BYTES_PER_NANO) - System.nanoTime());
          return !stopping && readBytes < PART_BYTES;
        });
  }

  private void record(long directory, DedupeRecord record) throws ErrnoException {
    tree.<Void, ErrnoException>edit(
        edit -> {
          if (edit.isDirectory(directory)) {
            edit.attach(directory, DedupeRecord.PART, record.encode());
          }
          return null;
        });
  }
}
