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
 * <p>Thread-safe; noting a write takes no lock and allocates nothing, but for the first one to a
 * segment since {@link #forgetFlushed}.
 */
final class UnflushedSegments {
  private static final Noted[] NONE = {};

  /** Ascending by segment; replaced, never changed. */
  private volatile Noted[] noted = NONE;

  /** A segment and the number of a write; 0 when it is being forgotten: note it anew. */
  private static final class Noted extends AtomicLong {
    private static final long serialVersionUID = 1L;

    final int segment;

    Noted(int segment, long write) {
      super(write);
      this.segment = segment;
    }

    /** False if it is being forgotten. */
    boolean raiseTo(long write) {
      for (long known = get(); known != 0; known = get()) {
        if (known >= write || compareAndSet(known, write)) {
          return true;
        }
      }
      return false;
    }
  }

  /**
   * Notes that the file has written to a segment, whose last write so far has this number; 0: none.
   */
  void note(int segment, long write) {
    Noted[] all = noted;
    int at = find(all, segment);
    if (write > 0 && (at < 0 || !all[at].raiseTo(write))) {
      noteAnew(segment, write);
    }
  }

  private synchronized void noteAnew(int segment, long write) {
    int at = find(noted, segment);
    if (at >= 0) {
      noted[at].raiseTo(write); // whatever is being forgotten has gone under this lock
      return;
    }
    Noted[] more = Arrays.copyOf(noted, noted.length + 1);
    System.arraycopy(noted, ~at, more, ~at + 1, noted.length + at + 1);
    more[~at] = new Noted(segment, write);
    noted = more;
  }

  /** Adds what another file has not flushed: this one refers to the same blocks from now on. */
  void inherit(UnflushedSegments other, Segments segments) {
    for (Noted one : other.noted) {
      long write = one.get();
      if (write != 0 && !segments.isFlushed(one.segment, write)) {
        note(one.segment, write);
      }
    }
  }

  /** Whether there is nothing to flush. */
  boolean areFlushed(Segments segments) {
    for (Noted one : noted) {
      long write = one.get();
      if (write != 0 && !segments.isFlushed(one.segment, write)) {
        return false;
      }
    }
    return true;
  }

  /** Makes every write that was noted before the call durable. */
  void flush(Segments segments) throws IOException {
    for (Noted one : noted) {
      long write = one.get();
      if (write != 0) {
        segments.flush(one.segment, write);
      }
    }
  }

  /** Forgets what is durable. */
  synchronized void forgetFlushed(Segments segments) {
    Noted[] left = new Noted[noted.length];
    int count = 0;
    for (Noted one : noted) {
      long write = one.get();
      boolean forgotten = segments.isFlushed(one.segment, write) && one.compareAndSet(write, 0);
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
