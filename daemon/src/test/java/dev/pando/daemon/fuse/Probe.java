package dev.pando.daemon.fuse;

import dev.pando.daemon.tree.Completion;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;

/** Watches what reaches a {@link MemoryFileSystem}, and holds it up where a test asks for it. */
public final class Probe {
  private final Map<String, AtomicInteger> counts = new ConcurrentHashMap<>();
  private final Queue<Integer> readLengths = new ConcurrentLinkedQueue<>();
  private final Queue<Integer> writeLengths = new ConcurrentLinkedQueue<>();
  private final LinkedBlockingQueue<Completion> heldSyncs = new LinkedBlockingQueue<>();
  private final AtomicInteger openFiles = new AtomicInteger();
  private final Semaphore readsWaiting = new Semaphore(0);
  private final Semaphore readsAllowed = new Semaphore(0);
  private volatile boolean holdsReads;
  private volatile boolean holdsSyncs;
  private volatile RuntimeException fault;

  void count(String what) {
    counts.computeIfAbsent(what, ignored -> new AtomicInteger()).incrementAndGet();
  }

  /** How often {@code what} was asked for. */
  public int counted(String what) {
    AtomicInteger count = counts.get(what);
    return count == null ? 0 : count.get();
  }

  void opened() {
    openFiles.incrementAndGet();
  }

  void released() {
    openFiles.decrementAndGet();
  }

  /** How many files are open. */
  public int openFiles() {
    return openFiles.get();
  }

  void reading(int length) {
    readLengths.add(length);
    if (fault != null) {
      throw fault;
    }
    if (holdsReads) {
      readsWaiting.release();
      readsAllowed.acquireUninterruptibly();
    }
  }

  void writing(int length) {
    writeLengths.add(length);
  }

  void sync(String what, Completion done) {
    count(what);
    if (holdsSyncs) {
      heldSyncs.add(done);
    } else {
      done.completed(0);
    }
  }

  /** The lengths of all reads so far, in bytes. */
  public Queue<Integer> readLengths() {
    return readLengths;
  }

  /** The lengths of all writes so far, in bytes. */
  public Queue<Integer> writeLengths() {
    return writeLengths;
  }

  /** From now on no sync is completed but by a test. */
  public void holdSyncs() {
    holdsSyncs = true;
  }

  /** Syncs that wait to be completed by a test. */
  public LinkedBlockingQueue<Completion> heldSyncs() {
    return heldSyncs;
  }

  /** From now on a read waits until {@link #letReadsGo}. */
  public void holdReads() {
    holdsReads = true;
  }

  /** Has one permit for each read that waits. */
  public Semaphore readsWaiting() {
    return readsWaiting;
  }

  /** Ends {@link #holdReads}. */
  public void letReadsGo() {
    holdsReads = false;
    readsAllowed.release(1 << 20);
  }

  /** From now on reads run into a fault of the program; null: no more. */
  public void failReadsBy(RuntimeException exception) {
    fault = exception;
  }
}
