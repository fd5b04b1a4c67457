package dev.pando.daemon.vm;

import dev.pando.cowstore.CowFile;
import dev.pando.cowstore.CowStore;
import dev.pando.cowstore.DedupeReport;
import dev.pando.cowstore.StoreException;
import dev.pando.cowstore.StoreState;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.PandoTree;
import dev.pando.daemon.tree.TreeView;
import dev.pando.daemon.vm.files.DedupeRecord;
import dev.pando.daemon.vm.files.Inventory;
import dev.pando.daemon.vm.files.MachineException;
import dev.pando.daemon.vm.files.VmDirectory;
import dev.pando.daemon.vm.files.VmFile;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks for the blocks of VMs that were frozen or imported among those that were seen before, one
 * VM after the other, slowly. That a VM is due, and how far it has come, is on record with its
 * directory, so that it goes on where it was when the daemon has ended. What is found is stored
 * once.
 */
final class BackgroundDedupe implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(BackgroundDedupe.class);

  /** What is read in a second at most, so that guests keep their speed: 64 MiB. */
  private static final double BYTES_PER_NANO = 64.0 * (1 << 20) / 1e9;

  /** How far it goes until what it has reached is put on record. */
  private static final long PART_BYTES = 512L << 20;

  /** After a freeze or an import there is other work first. */
  private static final long DELAY_NANOS = TimeUnit.SECONDS.toNanos(3);

  private final CowStore store;
  private final PandoTree tree;
  private final TreeView view;
  private final Inventory inventory;
  private final Semaphore due = new Semaphore(1);
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
      due.acquireUninterruptibly();
      rest(DELAY_NANOS);
      due.drainPermits();
      try {
        for (Map.Entry<Long, byte[]> entry : view.attachments(DedupeRecord.PART).entrySet()) {
          if (DedupeRecord.decode(Optional.of(entry.getValue())).due() && !stopping) {
            search(entry.getKey());
          }
        }
      } catch (ErrnoException | MachineException | StoreException | RuntimeException e) {
        if (!stopping && store.state() == StoreState.READY) {
          LOG.warn("dedupe in the background has stopped for now: {}", e.toString());
        }
      }
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
    Candidates candidates = Candidates.of(view, inventory);
    long shared = 0;
    for (long node : nodes(vm.get())) {
      DedupeRecord record = DedupeRecord.of(view, directory);
      long offset = record.file() == node ? record.offset() : 0;
      while (node >= record.file() && offset != CowFile.MAX_BYTES) {
        if (stopping || !record.due()) {
          return;
        }
        DedupeReport part = searchPart(node, offset, candidates);
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

  private DedupeReport searchPart(long node, long offset, Candidates candidates)
      throws StoreException {
    CowFile file;
    try {
      file = view.file(node);
    } catch (ErrnoException removed) {
      return new DedupeReport(0, 0, CowFile.MAX_BYTES);
    }
    long start = System.nanoTime();
    return store.dedupe(
        file,
        offset,
        candidates::contains,
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
