package dev.pando.cowstore.io;

import java.io.IOException;
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

  private final StoreFile host;
  private final NativeBuffer window = NativeBuffer.of(WINDOW_BYTES);
  private final Deque<Generation> unsynced = new ArrayDeque<>();

  RecordedFile(StoreFile host) {
    this.host = host;
    unsynced.add(new Generation(0, new HashMap<>()));
  }

  void read(long offset, long address, int length) throws IOException {
    host.read(offset, address, length);
  }

  synchronized void write(long offset, long address, int length) throws IOException {
    remember(offset, length);
    host.write(offset, address, length);
  }

  boolean allocate(long offset, long length) throws IOException {
    return host.allocate(offset, length);
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
    long number = beginGeneration();
    if (nanos > 0) {
      LockSupport.parkNanos(nanos);
    }
    forgetUpTo(number);
  }

  private synchronized long beginGeneration() {
    long number = unsynced.getLast().number();
    unsynced.add(new Generation(number + 1, new HashMap<>()));
    return number;
  }

  private synchronized void forgetUpTo(long number) {
    unsynced.removeIf(generation -> generation.number() <= number);
  }

  /** Cuts the power: every unsynced sector falls back to one of its possible contents. */
  synchronized void lose(Random random) throws IOException {
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

  void close() throws IOException {
    host.close();
  }

  private void remember(long offset, long length) throws IOException {
    long begin = offset / SECTOR * SECTOR;
    long end = (offset + length + SECTOR - 1) / SECTOR * SECTOR;
    Map<Long, byte[]> images = unsynced.getLast().images();
    for (long at = begin; at < end; at += WINDOW_BYTES) {
      int bytes = (int) Math.min(WINDOW_BYTES, end - at);
      host.read(at, window.address(), bytes);
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
