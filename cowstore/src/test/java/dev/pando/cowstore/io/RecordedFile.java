package dev.pando.cowstore.io;

import java.io.EOFException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;

/**
 * A data file and what the disk may not have of it yet.
 *
 * <p>Each flush begins a new <em>generation</em>: for every sector written since, the content it
 * had when the generation began. When a flush ends, the generations before it are forgotten. So a
 * sector's possible contents after a power loss are its images in all generations, and the present
 * one.
 */
final class RecordedFile {
  static final int SECTOR = 512;
  private static final byte[] ZEROS = new byte[SECTOR];
  private static final int WINDOW_BYTES = 1 << 20;

  private record Generation(long number, Map<Long, byte[]> images) {}

  private final Path path;
  private final StoreFile host;
  private final NativeBuffer window = NativeBuffer.of(WINDOW_BYTES);
  private final Deque<Generation> unsynced = new ArrayDeque<>();

  /** Whether something could not be written, and nobody was told. */
  private volatile boolean untold;

  /** How long the file is, and how long it is after a power loss at least. */
  private long length;

  private long durableLength;

  RecordedFile(Path path, StoreFile host) throws IOException {
    this.path = path;
    this.host = host;
    this.length = Files.size(path);
    this.durableLength = length;
    unsynced.add(new Generation(0, new HashMap<>()));
  }

  void read(long offset, long address, int length) throws IOException {
    host.read(offset, address, length);
  }

  synchronized void write(long offset, long address, int length) throws IOException {
    remember(offset, length);
    host.write(offset, address, length);
    this.length = Math.max(this.length, offset + length);
  }

  synchronized boolean allocate(long offset, long length) throws IOException {
    boolean can = host.allocate(offset, length);
    this.length = can ? Math.max(this.length, offset + length) : this.length;
    return can;
  }

  synchronized void punch(long offset, long length) throws IOException {
    remember(offset, length);
    host.punch(offset, length);
  }

  long seek(long offset, boolean data) throws IOException {
    return host.seek(offset, data);
  }

  /** Makes durable what was written before the call, {@code nanos} later. */
  void sync(long nanos) {
    long number;
    long covered;
    synchronized (this) {
      number = beginGeneration();
      covered = length;
    }
    if (nanos > 0) {
      LockSupport.parkNanos(nanos);
    }
    synchronized (this) {
      forgetUpTo(number);
      durableLength = Math.max(durableLength, covered);
    }
  }

  private synchronized long beginGeneration() {
    long number = unsynced.getLast().number();
    unsynced.add(new Generation(number + 1, new HashMap<>()));
    return number;
  }

  private synchronized void forgetUpTo(long number) {
    unsynced.removeIf(generation -> generation.number() <= number);
  }

  /**
   * Cuts the power: every unsynced sector falls back to one of its possible contents, and the file
   * to a length between the last that was synced and the present one.
   */
  synchronized void lose(Random random) throws IOException {
    loseSectors(random);
    loseLength(random);
  }

  /** The disk refuses what it is to write: so it goes with each sector that is not synced. */
  synchronized void loseSectors(Random random) throws IOException {
    SectorFate fate = new SectorFate(random);
    TreeSet<Long> sectors = new TreeSet<>();
    unsynced.forEach(generation -> sectors.addAll(generation.images().keySet()));
    for (long sector : sectors) {
      List<byte[]> older = new ArrayList<>();
      for (Generation generation : unsynced) {
        byte[] image = generation.images().get(sector);
        if (image != null) {
          older.add(image);
        }
      }
      int choice = fate.choose(older.size() + 1);
      if (choice < older.size()) {
        window.bytes().put(0, older.get(choice));
        host.write(sector * SECTOR, window.address(), SECTOR);
      }
    }
    forgetUpTo(beginGeneration());
  }

  private void loseLength(Random random) throws IOException {
    if (length > durableLength) {
      long lost =
          random.nextBoolean() ? length - durableLength : random.nextLong(length - durableLength);
      length -= lost / SECTOR * SECTOR;
      try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
        channel.truncate(length);
      }
    }
    durableLength = length;
  }

  boolean isUntold() {
    return untold;
  }

  void setUntold(boolean value) {
    untold = value;
  }

  void close() throws IOException {
    host.close();
  }

  /** Reads into the window; what lies behind the end of the file is zeros. */
  private void readPadded(long at, int bytes) throws IOException {
    window.bytes().put(0, new byte[bytes]);
    try {
      host.read(at, window.address(), bytes);
    } catch (EOFException e) {
      // what there was has been read
    }
  }

  private void remember(long offset, long length) throws IOException {
    long begin = offset / SECTOR * SECTOR;
    long end = (offset + length + SECTOR - 1) / SECTOR * SECTOR;
    Map<Long, byte[]> images = unsynced.getLast().images();
    for (long at = begin; at < end; at += WINDOW_BYTES) {
      int bytes = (int) Math.min(WINDOW_BYTES, end - at);
      readPadded(at, bytes);
      for (int in = 0; in < bytes; in += SECTOR) {
        long sector = (at + in) / SECTOR;
        if (!images.containsKey(sector)) {
          images.put(sector, image(in));
        }
      }
    }
  }

  private byte[] image(int at) {
    byte[] content = new byte[SECTOR];
    window.bytes().get(at, content);
    return Arrays.equals(content, ZEROS) ? ZEROS : content;
  }
}
