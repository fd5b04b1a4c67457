package dev.pando.cowstore.schedule;

import com.github.benmanes.caffeine.cache.Cache;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantReadWriteLock.ReadLock;
import java.util.concurrent.locks.ReentrantReadWriteLock.WriteLock;
import java.util.concurrent.locks.StampedLock;
import java.util.function.Function;
import org.lmdbjava.LmdbException;
import org.lmdbjava.Txn;

/**
 * What {@link Weaver} calls: {@link #point} before a step, and methods in the place of those of the
 * JDK that wait, wake, or tell the time. Locks are the JDK's own; who can not have one waits in the
 * scheduler. Outside of a schedule nothing is woven in that waits.
 */
public final class Hooks {
  /** For all locks that are a pair: which one is of which pair their interface does not tell. */
  private static final Object PAIRED_LOCKS = new Object();

  private Hooks() {}

  private static Scheduler scheduler() {
    Scheduler scheduler = Scheduler.current;
    if (scheduler == null || !scheduler.isRunning()) {
      throw new IllegalStateException("not under a scheduler: " + Thread.currentThread());
    }
    return scheduler;
  }

  // ---- steps ---------------------------------------------------------------------------------

  /** Before a step. */
  public static void point(int site) {
    Scheduler scheduler = Scheduler.current;
    if (scheduler != null && scheduler.isRunning()) {
      scheduler.step(site);
    }
  }

  /** From here on the strand goes on alone: a class is initialized, for which others wait. */
  public static void beginOneStep() {
    Scheduler scheduler = Scheduler.current;
    if (scheduler != null && scheduler.isRunning()) {
      scheduler.running().atomic++;
    }
  }

  /** Up to here. */
  public static void endOneStep() {
    Scheduler scheduler = Scheduler.current;
    if (scheduler != null && scheduler.isRunning()) {
      scheduler.running().atomic--;
    }
  }

  // ---- monitors ------------------------------------------------------------------------------

  public static void enter(Object object) {
    scheduler().enter(Objects.requireNonNull(object));
  }

  public static void exit(Object object) {
    scheduler().exit(object);
  }

  public static void await(Object object) {
    scheduler().await(object, 0);
  }

  public static void await(Object object, long millis) {
    scheduler().await(object, millis);
  }

  public static void notifyAll(Object object) {
    scheduler().notifyAll(object);
  }

  // ---- locks ---------------------------------------------------------------------------------

  private static Object key(Object lock) {
    return lock instanceof ReadLock || lock instanceof WriteLock ? PAIRED_LOCKS : lock;
  }

  public static void lock(Lock lock) {
    while (!lock.tryLock()) {
      boolean unused = scheduler().block(key(lock), Strand.NEVER);
    }
  }

  public static boolean tryLock(Lock lock) {
    return lock.tryLock();
  }

  public static void unlock(Lock lock) {
    lock.unlock();
    scheduler().wake(key(lock));
  }

  public static long readLock(StampedLock lock) {
    long stamp = lock.tryReadLock();
    while (stamp == 0) {
      boolean unused = scheduler().block(lock, Strand.NEVER);
      stamp = lock.tryReadLock();
    }
    return stamp;
  }

  public static long writeLock(StampedLock lock) {
    long stamp = lock.tryWriteLock();
    while (stamp == 0) {
      boolean unused = scheduler().block(lock, Strand.NEVER);
      stamp = lock.tryWriteLock();
    }
    return stamp;
  }

  public static void unlockRead(StampedLock lock, long stamp) {
    lock.unlockRead(stamp);
    scheduler().wake(lock);
  }

  public static void unlockWrite(StampedLock lock, long stamp) {
    lock.unlockWrite(stamp);
    scheduler().wake(lock);
  }

  /** In the place of a spin lock's pause: who has the lock does not go on by itself. */
  public static boolean again(int tries) {
    return false;
  }

  // ---- semaphores and queues -----------------------------------------------------------------

  public static void release(Semaphore semaphore) {
    semaphore.release();
    scheduler().wake(semaphore);
  }

  public static void acquire(Semaphore semaphore) {
    while (!semaphore.tryAcquire()) {
      boolean unused = scheduler().block(semaphore, Strand.NEVER);
    }
  }

  public static boolean tryAcquire(Semaphore semaphore, long time, TimeUnit unit) {
    long deadline = scheduler().after(unit.toNanos(time));
    boolean got = semaphore.tryAcquire();
    while (!got && scheduler().block(semaphore, deadline)) {
      got = semaphore.tryAcquire();
    }
    return got;
  }

  public static <T> T take(BlockingQueue<T> queue) {
    T first = queue.poll();
    while (first == null) {
      boolean unused = scheduler().block(queue, Strand.NEVER);
      first = queue.poll();
    }
    return first;
  }

  public static <T> boolean add(BlockingQueue<T> queue, T element) {
    boolean added = queue.add(element);
    scheduler().wake(queue);
    return added;
  }

  public static <T> T take(LinkedBlockingQueue<T> queue) {
    return take((BlockingQueue<T>) queue);
  }

  public static <T> boolean add(LinkedBlockingQueue<T> queue, T element) {
    return add((BlockingQueue<T>) queue, element);
  }

  // ---- caches --------------------------------------------------------------------------------

  /**
   * One loads a key at a time, as in the cache; but not inside of it, where others can not look.
   */
  public static <K, V> V get(Cache<K, V> cache, K key, Function<? super K, ? extends V> loader) {
    V value = cache.getIfPresent(key);
    if (value == null) {
      Object lock = scheduler().lockOf(cache, key);
      scheduler().enter(lock);
      try {
        value = cache.getIfPresent(key);
        if (value == null) {
          value = loader.apply(key);
        }
        if (value != null) {
          scheduler().keep(value);
          cache.put(key, value);
        }
      } finally {
        scheduler().exit(lock);
      }
    }
    return value;
  }

  public static <K, V> void put(Cache<K, V> cache, K key, V value) {
    Object lock = scheduler().lockOf(cache, key);
    scheduler().enter(lock);
    scheduler().keep(value);
    cache.put(key, value);
    scheduler().exit(lock);
  }

  public static <K, V> void invalidate(Cache<K, V> cache, K key) {
    Object lock = scheduler().lockOf(cache, key);
    scheduler().enter(lock);
    cache.invalidate(key);
    scheduler().exit(lock);
  }

  public static <K, V> V getIfPresent(Cache<K, V> cache, K key) {
    return cache.getIfPresent(key);
  }

  /** What a weak reference is made to. */
  public static void keep(Object object) {
    Scheduler scheduler = Scheduler.current;
    if (scheduler != null && scheduler.isRunning()) {
      scheduler.keep(object);
    }
  }

  // ---- the catalog ---------------------------------------------------------------------------

  /** A process that has ended commits nothing more. */
  public static void commit(Txn<?> transaction) {
    if (scheduler().hasProcessEnded()) {
      throw new LmdbException("the simulated process has ended");
    }
    transaction.commit();
  }

  // ---- threads and time ----------------------------------------------------------------------

  /** What a new thread is to run. */
  public static Runnable body(Runnable work) {
    return new Scheduler.Body(work);
  }

  public static void start(Thread thread) {
    Strand unused = scheduler().add(thread, thread.getName());
  }

  public static void join(Thread thread) {
    scheduler().join(scheduler().of(thread));
  }

  public static boolean isAlive(Thread thread) {
    Strand strand = scheduler().of(thread);
    return strand != null && !strand.finished;
  }

  public static void spin() {
    scheduler().spin();
  }

  public static void sleep(long millis) {
    boolean unused = scheduler().block(new Object(), scheduler().after(millis * 1_000_000));
  }

  public static void park() {
    park(Strand.NEVER);
  }

  public static void parkNanos(long nanos) {
    if (nanos > 0) {
      park(scheduler().after(nanos));
    }
  }

  private static void park(long deadline) {
    Strand me = scheduler().running();
    if (!me.permit) {
      boolean unused = scheduler().block(me, deadline);
    }
    me.permit = false;
  }

  /** As {@link LockSupport#unpark}. */
  public static void unpark(Thread thread) {
    Strand strand = scheduler().of(thread);
    if (strand != null) {
      strand.permit = true;
      if (strand.awaited == strand) {
        scheduler().wake(strand);
      }
    }
  }

  public static long nanoTime() {
    Scheduler scheduler = Scheduler.current;
    return scheduler != null && scheduler.isRunning() ? scheduler.nanoTime() : System.nanoTime();
  }

  public static long currentTimeMillis() {
    return nanoTime() / 1_000_000;
  }

  /** Nothing: the priority of a strand is the scheduler's. */
  public static int setpriority(Object calls, int which, int who, int niceness) {
    return 0;
  }
}
