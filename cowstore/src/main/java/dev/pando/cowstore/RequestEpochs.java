package dev.pando.cowstore;

import java.lang.ref.WeakReference;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Tells when every request that began before some moment has ended, so that what it may still refer
 * to can be used again. Entering and leaving is a store to a variable of the thread's own.
 */
final class RequestEpochs {
  private static final long IDLE = Long.MAX_VALUE;

  private final AtomicLong now = new AtomicLong(1);
  private final List<WeakReference<Slot>> slots = new CopyOnWriteArrayList<>();

  /** One thread's place. It is forgotten when its thread is gone. */
  static final class Slot {
    private volatile long since = IDLE;
    private int depth;
  }

  Slot newSlot() {
    Slot slot = new Slot();
    slots.add(new WeakReference<>(slot));
    return slot;
  }

  void enter(Slot slot) {
    if (slot.depth++ == 0) {
      slot.since = now.get();
    }
  }

  void leave(Slot slot) {
    if (--slot.depth == 0) {
      slot.since = IDLE;
    }
  }

  /** Ends an epoch, and returns a ticket for {@link #isPast}. */
  long advance() {
    return now.incrementAndGet();
  }

  /** Whether every request that began before the ticket was drawn has ended. */
  boolean isPast(long ticket) {
    slots.removeIf(reference -> reference.get() == null);
    for (WeakReference<Slot> reference : slots) {
      Slot slot = reference.get();
      if (slot != null && slot.since < ticket) {
        return false;
      }
    }
    return true;
  }
}
