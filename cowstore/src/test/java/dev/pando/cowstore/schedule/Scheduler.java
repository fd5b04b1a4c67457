package dev.pando.cowstore.schedule;

import com.github.benmanes.caffeine.cache.Cache;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Runs the strands of one schedule, one at a time. All state is touched by the strand that runs;
 * handing over from one to the next orders the accesses.
 *
 * <p>Time is virtual: it passes when a strand that waits with a deadline is chosen, and a little at
 * each look at the clock.
 */
final class Scheduler {
  private static final int MOST_STEPS = 3_000_000;
  private static final long SECONDS_FOR_ONE_RUN = 600;
  private static final long NANOS_PER_LOOK = 1000;

  /** In the place of a site. */
  static final int SPINS = -1;

  static final int WAITS = -2;

  /** Who waits for this goes on when nobody else can. */
  private static final Object SETTLED = new Object();

  /** The one whose strands run; a process has one at a time. */
  static volatile Scheduler current;

  private final Policy policy;
  private final List<Strand> strands = new ArrayList<>();
  private final IdentityHashMap<Thread, Strand> byThread = new IdentityHashMap<>();

  /** What is held weakly stays, so that no collection of garbage changes the run. */
  private final List<Object> kept = new ArrayList<>();

  private final IdentityHashMap<Object, Monitor> monitors = new IdentityHashMap<>();
  private final IdentityHashMap<Cache<?, ?>, Map<Object, Object>> keyLocks =
      new IdentityHashMap<>();
  private final Map<String, Map<Integer, Integer>> passed = new HashMap<>();
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile Strand running;
  private volatile Throwable failure;
  private volatile boolean over;
  private final List<ChangeOfStrand> changes = new ArrayList<>();
  private boolean processEnded;
  private boolean racing;

  /** Where the running strand is. */
  private int site;

  /** Somebody can go on who could not when it was last chosen. */
  private boolean woken;

  private int steps;
  private int raceSteps;
  private long trace;
  private long nanos = 1L << 40;

  Scheduler(Policy policy) {
    this.policy = policy;
  }

  /** Who holds an object's monitor, and how often. */
  private static final class Monitor {
    private Strand owner;
    private int depth;
  }

  /** What a strand waits for in {@link Object#wait()}. */
  private record Notice(Object monitor) {}

  // ---- from outside --------------------------------------------------------------------------

  /** Runs {@code main} as the first strand, to its end; returns what it, or another, threw. */
  Throwable run(Schedule.Task main) throws InterruptedException {
    current = this;
    spawn(
        "main",
        () -> {
          try {
            main.run();
          } catch (Throwable e) {
            fail(e);
          }
          over = true;
          ended.countDown();
        });
    running = strands.get(0);
    running.resume();
    if (!ended.await(SECONDS_FOR_ONE_RUN, TimeUnit.SECONDS)) {
      failure = new AssertionError("a strand waits for something outside of the schedule" + all());
      over = true;
    }
    current = null;
    return failure;
  }

  int raceSteps() {
    return raceSteps;
  }

  /** A number that differs, in all likelihood, if two runs differ in any step. */
  long trace() {
    return trace;
  }

  /** One strand left off before a site, and another went on. */
  record ChangeOfStrand(Strand from, int site, Strand to) {}

  /** Who went on when, in the race. */
  List<ChangeOfStrand> changes() {
    return changes;
  }

  /** Where each strand passed in the race, and how often. */
  Map<String, Map<Integer, Integer>> passed() {
    return passed;
  }

  private void fail(Throwable thrown) {
    if (failure == null) {
      failure = thrown;
    } else if (failure != thrown) {
      failure.addSuppressed(thrown);
    }
  }

  /** All strands, with where they stand. */
  private String all() {
    StringBuilder text = new StringBuilder();
    for (Strand strand : strands) {
      text.append('\n').append(strand == running ? "* " : "  ").append(strand);
      if (strand.started && !strand.finished) {
        for (StackTraceElement element : strand.thread.getStackTrace()) {
          if (element.getClassName().startsWith("dev.pando.cowstore.")
              && !element.getClassName().startsWith("dev.pando.cowstore.schedule.S")) {
            text.append("\n      ").append(element);
          }
        }
      }
    }
    return text.toString();
  }

  // ---- strands -------------------------------------------------------------------------------

  /** Whether the calling thread is the strand that runs. */
  boolean isRunning() {
    Strand now = running;
    if (now != null && now.thread == Thread.currentThread()) {
      if (over && now.index != 0) {
        leave();
      }
      return true;
    }
    return false;
  }

  Strand spawn(String name, Runnable body) {
    Thread thread = new Thread(new Body(body), name);
    thread.setDaemon(true);
    return add(thread, name);
  }

  /** A thread of the store, made with a {@link Body}, is to start. */
  Strand add(Thread thread, String name) {
    Strand strand = new Strand(strands.size(), name, thread);
    strands.add(strand);
    woken = true;
    byThread.put(thread, strand);
    policy.joined(strand);
    return strand;
  }

  /** What a strand's thread runs. It is started when it is its turn for the first time. */
  static final class Body implements Runnable {
    private final Runnable work;

    Body(Runnable work) {
      this.work = work;
    }

    @Override
    public void run() {
      Scheduler scheduler = current;
      Strand me = scheduler.running;
      try {
        work.run();
      } catch (Throwable e) {
        scheduler.fail(e);
      }
      me.finished = true;
      if (!scheduler.over) {
        scheduler.wake(me);
        scheduler.hand(scheduler.next(null));
      }
    }
  }

  Strand of(Thread thread) {
    return byThread.get(thread);
  }

  Strand running() {
    return running;
  }

  /** Waits until a strand has ended. */
  void join(Strand strand) {
    while (!strand.finished) {
      block(strand, Strand.NEVER);
    }
  }

  /** Lets every other strand go on until it waits. */
  void settle() {
    boolean unused = block(SETTLED, Strand.NEVER);
  }

  void beginRace() {
    racing = true;
  }

  void endRace() {
    racing = false;
  }

  // ---- steps ---------------------------------------------------------------------------------

  /** The running strand is about to do something that others may see, or see from others. */
  void step(int site) {
    Strand me = running;
    if (me.atomic > 0) {
      return;
    }
    count(me, site);
    if (racing) {
      raceSteps++;
      passed.computeIfAbsent(me.name, name -> new HashMap<>()).merge(site, 1, Integer::sum);
      if (policy.changes(me, site) || woken) {
        to(next(me));
      }
    }
  }

  private void count(Strand me, int at) {
    site = at;
    trace = (trace ^ (me.index * 100_003L + at)) * 0x100000001b3L;
    if (++steps > MOST_STEPS) {
      give(new AssertionError("no end after " + steps + " steps" + all()));
    }
  }

  /** The running strand spins: let others go on first. */
  void spin() {
    Strand me = running;
    count(me, SPINS);
    me.yielded = true;
    to(next(null));
    me.yielded = false;
  }

  /**
   * The running strand waits.
   *
   * @return false if it was not woken before the deadline
   */
  boolean block(Object on, long deadline) {
    Strand me = running;
    if (me.atomic > 0) {
      give(new AssertionError("waits inside of what must be one step" + all()));
    }
    count(me, WAITS);
    me.awaited = on;
    me.deadline = deadline;
    me.timedOut = false;
    to(next(null));
    return !me.timedOut;
  }

  /** Whoever waits for this may go on. */
  void wake(Object on) {
    for (int i = 0; i < strands.size(); i++) {
      Strand strand = strands.get(i);
      if (strand.awaited == on) {
        strand.awaited = null;
        strand.deadline = Strand.NEVER;
        woken = true;
      }
    }
  }

  /** Chooses who goes on. */
  private Strand next(Strand me) {
    List<Strand> ready = new ArrayList<>();
    List<Strand> polite = new ArrayList<>();
    List<Strand> timed = new ArrayList<>();
    Strand earliest = null;
    Strand settling = null;
    woken = false;
    for (int i = 0; i < strands.size(); i++) {
      Strand strand = strands.get(i);
      if (strand.canRun()) {
        (strand.yielded ? polite : ready).add(strand);
      } else if (!strand.finished && strand.deadline != Strand.NEVER) {
        timed.add(strand);
        if (earliest == null || strand.deadline < earliest.deadline) {
          earliest = strand;
        }
      } else if (strand.awaited == SETTLED) {
        settling = strand;
      }
    }
    if (ready.isEmpty() && settling != null) {
      settling.awaited = null;
      return settling;
    }
    if (ready.isEmpty()) {
      // nobody but who spins: then time passes
      ready =
          earliest != null && (polite.isEmpty() || policy.random.nextBoolean())
              ? List.of(earliest)
              : polite;
    }
    if (ready.isEmpty()) {
      give(new AssertionError("all wait for each other" + all()));
    }
    Strand chosen = racing ? policy.choose(me, ready, timed) : me != null ? me : ready.get(0);
    if (chosen.awaited != null) {
      nanos = Math.max(nanos, chosen.deadline);
      chosen.awaited = null;
      chosen.deadline = Strand.NEVER;
      chosen.timedOut = true;
    }
    return chosen;
  }

  private void to(Strand next) {
    Strand me = running;
    if (next != me) {
      if (racing) {
        changes.add(new ChangeOfStrand(me, site, next));
      }
      hand(next);
      me.pause();
      if (over && me.index != 0) {
        leave();
      }
    }
  }

  private void hand(Strand next) {
    running = next;
    next.resume();
  }

  /** The run has failed and ends here. */
  private void give(AssertionError reason) {
    fail(reason);
    over = true;
    ended.countDown();
    leave();
  }

  /** Never returns: what is left of a run that is over stays where it is. */
  private static void leave() {
    while (true) {
      LockSupport.park();
    }
  }

  // ---- monitors, clock, references -------------------------------------------------------------

  void enter(Object object) {
    Monitor monitor = monitors.computeIfAbsent(object, key -> new Monitor());
    while (monitor.owner != null && monitor.owner != running) {
      block(monitor, Strand.NEVER);
    }
    monitor.owner = running;
    monitor.depth++;
  }

  void exit(Object object) {
    Monitor monitor = monitors.get(object);
    if (--monitor.depth == 0) {
      monitor.owner = null;
      wake(monitor);
    }
  }

  void await(Object object, long millis) {
    Monitor monitor = monitors.get(object);
    int depth = monitor.depth;
    monitor.depth = 0;
    monitor.owner = null;
    wake(monitor);
    boolean unused =
        block(new Notice(object), millis == 0 ? Strand.NEVER : after(millis * 1_000_000));
    enter(object);
    monitor.depth = depth;
  }

  void notifyAll(Object object) {
    for (Strand strand : strands) {
      if (strand.awaited instanceof Notice notice && notice.monitor() == object) {
        strand.awaited = null;
        strand.deadline = Strand.NEVER;
        woken = true;
      }
    }
  }

  /** The deadline of a wait that begins now. */
  long after(long waitNanos) {
    long deadline = nanos + Math.max(1, waitNanos);
    return deadline < 0 ? Strand.NEVER : deadline;
  }

  long nanoTime() {
    nanos += NANOS_PER_LOOK;
    return nanos;
  }

  /** What is held while a key of a cache is loaded. */
  Object lockOf(Cache<?, ?> cache, Object key) {
    return keyLocks
        .computeIfAbsent(cache, unused -> new HashMap<>())
        .computeIfAbsent(key, unused -> new Object());
  }

  void setProcessEnded(boolean ended) {
    processEnded = ended;
  }

  boolean hasProcessEnded() {
    return processEnded;
  }

  void keep(Object object) {
    kept.add(object);
  }

  void forget() {
    kept.clear();
    for (Cache<?, ?> cache : keyLocks.keySet()) {
      if (cache.policy().eviction().isPresent()) {
        cache.invalidateAll();
      }
    }
    WeakReference<Object> sentinel = new WeakReference<>(new Object());
    while (sentinel.get() != null) {
      System.gc();
    }
  }
}
