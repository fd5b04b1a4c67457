package dev.pando.cowstore.schedule;

import java.util.concurrent.locks.LockSupport;

/** A thread under a scheduler. Its fields are touched by whichever strand runs. */
final class Strand {
  /** No deadline. */
  static final long NEVER = Long.MAX_VALUE;

  final int index;
  final String name;
  final Thread thread;

  /** What it waits for, or null if it can go on. */
  Object awaited;

  /** When it goes on all the same. */
  long deadline = NEVER;

  /** Its wait ended by its deadline. */
  boolean timedOut;

  /** It asked for others to go on before it does. */
  boolean yielded;

  /** Above zero nothing may go on beside it. */
  int atomic;

  /** Of {@link LockSupport#unpark}. */
  boolean permit;

  boolean started;
  boolean finished;

  /** By the policy; the highest goes on. */
  long priority;

  private volatile boolean go;

  Strand(int index, String name, Thread thread) {
    this.index = index;
    this.name = name;
    this.thread = thread;
  }

  /** Whether it is the scenario's own, and not the store's. */
  boolean isTask() {
    return isTask(name);
  }

  static boolean isTask(String name) {
    return name.startsWith(Schedule.TASK);
  }

  boolean canRun() {
    return !finished && awaited == null;
  }

  /** Lets it go on. */
  void resume() {
    if (started) {
      go = true;
      LockSupport.unpark(thread);
    } else {
      started = true;
      thread.start();
    }
  }

  /** By its own thread: waits until it is its turn. */
  void pause() {
    while (!go) {
      LockSupport.park(this);
    }
    go = false;
  }

  @Override
  public String toString() {
    return finished ? name + ", ended" : awaited == null ? name : name + ", waits for " + kind();
  }

  private String kind() {
    String what = awaited.getClass().getSimpleName();
    return deadline == NEVER ? what : what + " until " + deadline;
  }
}
