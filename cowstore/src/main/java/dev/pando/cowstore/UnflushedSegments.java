package dev.pando.cowstore;

import dev.pando.cowstore.segment.Segments;
import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Segments that may hold data of one file that is not durable, each with the number that the last
 * write of the file to it had among the segment's writes. What others write to the segment later is
 * not the file's business: its fsync has nothing to flush there.
 *
 * <p>Thread-safe. Noting a write takes no lock, allocates nothing and, unless the file was asked
 * for since the last one, changes nothing: the number is looked for only when somebody asks.
 */
final class UnflushedSegments {
  private static final Noted[] NONE = {};

  /** Ascending by segment; replaced, never changed. */
  private volatile Noted[] noted = NONE;

  /** A segment, and a number of its writes at least as high as that of the file's last, or: */
  private static final class Noted {
    /** Is not noted any more. */
    static final long FORGOTTEN = 0;

    /** The file has written; the number is not looked for yet. */
    static final long WRITTEN = -1;

    /** The number is being looked for: it may be missing what is written from now on. */
    static final long LOOKING = -2;

    final int segment;
    final AtomicLong state;

    Noted(int segment, long state) {
      this.segment = segment;
      this.state = new AtomicLong(state);
    }

    /** Notes a write that has ended; false if the segment is not noted any more. */
    boolean written() {
      for (long known = state.get(); known != WRITTEN; known = state.get()) {
        if (known == FORGOTTEN) {
          return false;
        }
        if (state.compareAndSet(known, WRITTEN)) {
          return true;
        }
      }
      return true;
    }

    /** Notes a write with that number; by one thread at a time. */
    void raiseTo(long write) {
      for (long known = state.get(); known != WRITTEN && known < write; known = state.get()) {
        if (state.compareAndSet(known, write)) {
          return;
        }
      }
    }

    /** The number, which is looked for if need be; by one thread at a time. */
    long number(Segments segments) {
      if (state.compareAndSet(WRITTEN, LOOKING)) {
        // only now: whoever saw WRITTEN until then, and left it, has ended his write
        state.compareAndSet(LOOKING, segments.writes(segment));
      }
      long known = state.get();
      return known == WRITTEN ? segments.writes(segment) : known;
    }
  }

  /** Notes that a write of the file to a segment has ended. */
  void note(int segment) {
    Noted[] all = noted;
    int at = find(all, segment);
    if (at < 0 || !all[at].written()) {
      noteAnew(segment, Noted.WRITTEN);
    }
  }

  private synchronized void noteAnew(int segment, long state) {
    int at = find(noted, segment);
    if (at >= 0) {
      if (state == Noted.WRITTEN) {
        noted[at].state.set(state); // whatever is being forgotten has gone under this lock
      } else {
        noted[at].raiseTo(state);
      }
      return;
    }
    Noted[] more = Arrays.copyOf(noted, noted.length + 1);
    System.arraycopy(noted, ~at, more, ~at + 1, noted.length + at + 1);
    more[~at] = new Noted(segment, state);
    noted = more;
  }

  /** Adds what another file has not flushed: this one refers to the same blocks from now on. */
  void inherit(UnflushedSegments other, Segments segments) {
    for (Noted one : other.noted) {
      long write = other.number(one, segments);
      if (!segments.isFlushed(one.segment, write)) {
        noteAnew(one.segment, write);
      }
    }
  }

  /** Whether there is nothing to flush. */
  boolean areFlushed(Segments segments) {
    for (Noted one : noted) {
      if (!segments.isFlushed(one.segment, number(one, segments))) {
        return false;
      }
    }
    return true;
  }

  /** Makes every write that was noted before the call durable. */
  void flush(Segments segments) throws IOException {
    for (Noted one : noted) {
      segments.flush(one.segment, number(one, segments));
    }
  }

  private synchronized long number(Noted one, Segments segments) {
    return one.number(segments);
  }

  /** Forgets what is durable. */
  synchronized void forgetFlushed(Segments segments) {
    Noted[] left = new Noted[noted.length];
    int count = 0;
    for (Noted one : noted) {
      long write = one.number(segments);
      boolean forgotten =
          segments.isFlushed(one.segment, write) && one.state.compareAndSet(write, Noted.FORGOTTEN);
      if (!forgotten) {
        left[count++] = one;
      }
    }
    noted = count == 0 ? NONE : Arrays.copyOf(left, count);
  }

  /** How many are noted. */
  int size() {
    return noted.length;
  }

  private static int find(Noted[] all, int segment) {
    int low = 0;
    int high = all.length - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int found = all[middle].segment;
      if (found == segment) {
        return middle;
      }
      if (found < segment) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return ~low;
  }
}
