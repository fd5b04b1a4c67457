package dev.pando.daemon.fuse;

import dev.pando.daemon.tree.Errno;
import dev.pando.daemon.tree.ErrnoException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Who has what open: an open-addressing hash table from file handle numbers to files, which neither
 * boxes nor locks when it is asked. Changes take this object's monitor; the table only ever gains
 * entries or turns them into {@link #GONE}, so that a look-up beside a change finds what was there
 * before and stays there. At half full the live entries move to a new table.
 */
public final class OpenFiles {
  /** Before any epoch of {@link #privilegeEpoch}. */
  static final long NEVER = -1;

  /** Handle numbers are never 0, so this is found by no one. */
  private static final Handle GONE = new Handle(0, null);

  private static final int FIRST_CAPACITY = 256;

  private volatile AtomicReferenceArray<Handle> table = new AtomicReferenceArray<>(FIRST_CAPACITY);

  /** Slots of the table that are not null, those that are gone included. Under the monitor. */
  private int used;

  private int live;

  private final AtomicLong privileges = new AtomicLong();

  /** The open file with this number; EBADF if there is none. */
  public Handle get(long number) throws ErrnoException {
    Handle handle = find(number);
    if (handle == null) {
      throw new ErrnoException(Errno.EBADF);
    }
    return handle;
  }

  /** The open file with this number, or null. */
  public Handle find(long number) {
    AtomicReferenceArray<Handle> current = table;
    int mask = current.length() - 1;
    for (int index = home(number) & mask; ; index = (index + 1) & mask) {
      Handle handle = current.getAcquire(index);
      if (handle == null || (handle.number() == number && handle != GONE)) {
        return handle;
      }
    }
  }

  /** Remembers a file that was just opened. */
  public synchronized void add(Handle handle) {
    if (2 * (used + 1) > table.length()) {
      rebuild();
    }
    insert(table, handle);
    used++;
    live++;
  }

  /** Forgets the open file with this number and returns it; EBADF if there is none. */
  public synchronized Handle remove(long number) throws ErrnoException {
    Handle handle = get(number);
    int mask = table.length() - 1;
    int index = home(number) & mask;
    while (table.get(index) != handle) {
      index = (index + 1) & mask;
    }
    table.setRelease(index, GONE);
    live--;
    return handle;
  }

  /** Forgets and releases all that is open: nobody is left who could. */
  public synchronized void releaseAll() {
    AtomicReferenceArray<Handle> last = table;
    table = new AtomicReferenceArray<>(FIRST_CAPACITY);
    used = 0;
    live = 0;
    for (int index = 0; index < last.length(); index++) {
      Handle handle = last.get(index);
      if (handle != null && handle != GONE) {
        handle.file().release();
      }
    }
  }

  /** How many files are open. */
  public synchronized int count() {
    return live;
  }

  /**
   * A number that grows whenever any file may have gained a set-user-id bit, a set-group-id bit or
   * a capability. A file written to by someone without the right to keep them loses them, and need
   * not be asked again until this number has grown.
   */
  long privilegeEpoch() {
    return privileges.get();
  }

  /** Some file may have gained a privilege. */
  void privilegesGranted() {
    privileges.incrementAndGet();
  }

  private void rebuild() {
    AtomicReferenceArray<Handle> old = table;
    int capacity = FIRST_CAPACITY;
    while (capacity < 4 * (live + 1)) {
      capacity *= 2;
    }
    AtomicReferenceArray<Handle> next = new AtomicReferenceArray<>(capacity);
    for (int index = 0; index < old.length(); index++) {
      Handle handle = old.get(index);
      if (handle != null && handle != GONE) {
        insert(next, handle);
      }
    }
    used = live;
    table = next;
  }

  private static void insert(AtomicReferenceArray<Handle> target, Handle handle) {
    int mask = target.length() - 1;
    int index = home(handle.number()) & mask;
    while (target.get(index) != null) {
      index = (index + 1) & mask;
    }
    target.setRelease(index, handle);
  }

  /** Fibonacci hashing: numbers are even and come in runs. */
  private static int home(long number) {
    return (int) ((number * 0x9E3779B97F4A7C15L) >>> 32);
  }
}
