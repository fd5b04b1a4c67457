package dev.pando.tests.conformance;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;

/**
 * Does random things to files and compares them with their shadows, as fsx does. What it did last
 * is kept, to be shown when something is wrong. A seed gives the same operations again.
 */
final class Exerciser {
  /** Beyond the first two leaves of a map. */
  private static final int MAX_BYTES = 5 << 19;

  private static final int BLOCK_BYTES = 4096;
  private static final int SECTOR_BYTES = 512;
  private static final int MANY_BYTES = 300_000;
  private static final int FEW_BYTES = 10_000;
  private static final int SHOWN = 60;
  private static final int CHECK_EVERY = 500;

  private final Random random;
  private final List<Subject> subjects = new ArrayList<>();
  private final Deque<String> last = new ArrayDeque<>();
  private final boolean directIsInSectors;
  private final boolean mapsDirectFiles;
  private long operations;

  /**
   * @param directIsInSectors whether O_DIRECT takes whole sectors only
   * @param mapsDirectFiles whether disk images can be mapped shared
   */
  Exerciser(long seed, boolean directIsInSectors, boolean mapsDirectFiles) {
    this.random = new Random(seed);
    this.directIsInSectors = directIsInSectors;
    this.mapsDirectFiles = mapsDirectFiles;
  }

  /** From now on this file is among those it works on. It must be open. */
  void add(Subject subject) {
    subjects.add(subject);
  }

  void remove(Subject subject) {
    subjects.remove(subject);
  }

  List<Subject> subjects() {
    return List.copyOf(subjects);
  }

  Random random() {
    return random;
  }

  /** Notes something done to the files by others. */
  void note(String what) {
    last.addLast(operations + " " + what);
    if (last.size() > SHOWN) {
      last.removeFirst();
    }
  }

  /** What was done last, a line each. */
  String history() {
    return String.join("\n", last);
  }

  void run(int count) {
    for (int i = 0; i < count; i++) {
      operations++;
      step(subjects.get(random.nextInt(subjects.size())));
      if (operations % CHECK_EVERY == 0) {
        checkAll();
      }
    }
  }

  void checkAll() {
    note("check all");
    subjects.forEach(Subject::checkAll);
  }

  private void step(Subject subject) {
    switch (random.nextInt(20)) {
      case 0, 1 -> read(subject);
      case 2, 3, 4 -> write(subject);
      case 5 -> readDirect(subject);
      case 6, 7 -> writeDirect(subject);
      case 8 -> readMapped(subject);
      case 9, 10 -> writeMapped(subject);
      case 11 -> append(subject);
      case 12 -> truncate(subject);
      case 13 -> punch(subject);
      case 14 -> zero(subject);
      case 15 -> allocate(subject);
      case 16, 17 -> copyRange(subject);
      case 18 -> sync(subject);
      default -> {
        if (random.nextInt(4) == 0) {
          reopen(subject);
        } else {
          seek(subject);
        }
      }
    }
  }

  private void note(Subject subject, String what, int offset, int length) {
    note("%s: %s %d + %d".formatted(subject.file().getFileName(), what, offset, length));
  }

  // ---- ranges ---------------------------------------------------------------------------------

  /** Something below {@code bound}; often where blocks begin and end. */
  private int place(int bound) {
    int any = random.nextInt(bound);
    return switch (random.nextInt(4)) {
      case 0 -> any / BLOCK_BYTES * BLOCK_BYTES;
      case 1 -> any / SECTOR_BYTES * SECTOR_BYTES;
      case 2 ->
          Math.max(0, Math.min(bound, any / BLOCK_BYTES * BLOCK_BYTES + random.nextInt(3)) - 1);
      default -> any;
    };
  }

  /** At least 1 and at most {@code bound}; mostly little. */
  private int length(int bound) {
    int most = random.nextInt(8) == 0 ? MANY_BYTES : FEW_BYTES;
    return Math.max(1, place(Math.min(bound, most) + 1));
  }

  private byte[] data(int length) {
    byte[] data = new byte[length];
    random.nextBytes(data);
    return data;
  }

  // ---- operations -----------------------------------------------------------------------------

  private void read(Subject subject) {
    int offset = place(MAX_BYTES);
    int length = length(MAX_BYTES);
    note(subject, "read", offset, length);
    subject.read(offset, length);
  }

  private void write(Subject subject) {
    int offset = place(MAX_BYTES - 1);
    int length = length(MAX_BYTES - offset);
    note(subject, "write", offset, length);
    subject.write(data(length), offset);
  }

  private void readDirect(Subject subject) {
    int offset = direct(place(MAX_BYTES));
    int length = direct(length(MAX_BYTES) + SECTOR_BYTES);
    note(subject, "direct read", offset, length);
    subject.readDirect(offset, length);
  }

  private void writeDirect(Subject subject) {
    int offset = direct(place(MAX_BYTES - SECTOR_BYTES));
    int length = direct(Math.min(MAX_BYTES - offset, length(MAX_BYTES) + SECTOR_BYTES));
    note(subject, "direct write", offset, length);
    subject.writeDirect(data(length), offset);
  }

  private int direct(int value) {
    return directIsInSectors ? value / SECTOR_BYTES * SECTOR_BYTES : value;
  }

  private boolean isMappable(Subject subject) {
    return subject.size() > 0 && (mapsDirectFiles || subject.file().toString().endsWith(".bin"));
  }

  private void readMapped(Subject subject) {
    if (isMappable(subject)) {
      int offset = place(subject.size());
      int length = length(subject.size() - offset);
      note(subject, "mapped read", offset, length);
      subject.readMapped(offset, length);
    }
  }

  private void writeMapped(Subject subject) {
    if (isMappable(subject)) {
      int offset = place(subject.size());
      int length = length(subject.size() - offset);
      boolean synced = random.nextBoolean();
      note(subject, synced ? "mapped write and msync" : "mapped write", offset, length);
      subject.writeMapped(data(length), offset, synced);
    }
  }

  private void append(Subject subject) {
    int length = length(FEW_BYTES);
    if (subject.size() + length <= MAX_BYTES) {
      note(subject, "append", subject.size(), length);
      subject.append(data(length));
    }
  }

  private void truncate(Subject subject) {
    int size = place(random.nextInt(4) == 0 ? BLOCK_BYTES : MAX_BYTES);
    note(subject, "truncate", size, 0);
    subject.truncate(size);
  }

  private void punch(Subject subject) {
    int offset = place(MAX_BYTES - 1);
    int length = length(MAX_BYTES - offset);
    note(subject, "punch", offset, length);
    subject.punch(offset, length);
  }

  private void zero(Subject subject) {
    int offset = place(MAX_BYTES - 1);
    int length = length(MAX_BYTES - offset);
    boolean keepsSize = random.nextBoolean();
    note(subject, keepsSize ? "zero, size kept" : "zero", offset, length);
    subject.zero(offset, length, keepsSize);
  }

  private void allocate(Subject subject) {
    int offset = place(MAX_BYTES - 1);
    int length = length(MAX_BYTES - offset);
    boolean keepsSize = random.nextBoolean();
    note(subject, keepsSize ? "allocate, size kept" : "allocate", offset, length);
    subject.allocate(offset, length, keepsSize);
  }

  private void copyRange(Subject source) {
    if (source.size() == 0) {
      return;
    }
    Subject target = subjects.get(random.nextInt(subjects.size()));
    boolean whole = random.nextInt(8) == 0;
    int offset = whole ? 0 : place(source.size());
    int room = source.size() - offset;
    int length = whole || random.nextInt(8) == 0 ? room : length(room);
    int targetOffset = whole ? 0 : place(MAX_BYTES - length + 1);
    if (!whole && random.nextBoolean()) {
      // aligned alike, so that blocks can be shared
      targetOffset = targetOffset / BLOCK_BYTES * BLOCK_BYTES + offset % BLOCK_BYTES;
      targetOffset = targetOffset + length > MAX_BYTES ? offset : targetOffset;
    }
    if (source == target && Math.abs(offset - targetOffset) < length) {
      return;
    }
    if (whole && random.nextBoolean()) {
      note(target, "truncate", 0, 0);
      target.truncate(0);
    }
    note(source, "copy to " + target.file().getFileName() + " " + targetOffset, offset, length);
    source.copyRange(offset, target, targetOffset, length);
  }

  private void sync(Subject subject) {
    if (random.nextInt(4) == 0) { // a disk's time each
      note(subject, "sync", 0, 0);
      subject.sync(random.nextBoolean());
    }
  }

  private void seek(Subject subject) {
    note(subject, "seek", 0, 0);
    subject.seek();
  }

  private void reopen(Subject subject) {
    note(subject, "reopen", 0, 0);
    subject.close();
    subject.open();
  }
}
