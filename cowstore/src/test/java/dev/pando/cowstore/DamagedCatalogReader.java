package dev.pando.cowstore;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pando.cowstore.io.NativeBuffer;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * A process that may die of what it reads: it damages the catalog of a store whose content is known
 * and looks what comes of it.
 */
final class DamagedCatalogReader {
  private static final int BLOCK = 4096;
  private static final int LEAF = 1 << 20;
  private static final int FILES = 8;
  private static final int LEAVES = 60;
  private static final int RECORDS = 1200;

  private DamagedCatalogReader() {}

  /** What became of a damaged store. */
  enum Outcome {
    /** Every read was right. */
    RIGHT,
    /** The store was not opened. */
    REFUSED,
    /** Some reads failed, all others were right. */
    FAILED,
    /** A file or a record was not there. */
    ABSENT,
    /** Bytes were wrong. */
    WRONG,
    /** An exception that is a fault of ours. */
    FAULT
  }

  /** Fills a new store: files that are forks of one another, and records. */
  static void fill(Path home) throws StoreException {
    try (CowStore store = CowStore.open(home, Machine.options())) {
      NativeBuffer memory = NativeBuffer.of(BLOCK);
      for (int i = 0; i < FILES; i++) {
        long id = store.nextNumber();
        Change change = store.change();
        if (i % 2 == 0) {
          change.createFile(id, 1).apply();
        } else {
          change.fork(store.file(id - 1), id, 1).apply();
        }
        for (int leaf = i % 2; leaf < LEAVES; leaf += 1 + i % 2) {
          memory.bytes().put(0, block(id, leaf));
          store.file(id).write((long) leaf * LEAF, memory.address(), BLOCK);
        }
      }
      for (int i = 0; i < RECORDS; i++) {
        store.change().put(key(i), value(i)).apply();
      }
    }
  }

  private static byte[] block(long id, int leaf) {
    byte[] block = new byte[BLOCK];
    Arrays.fill(block, (byte) (id * 64 + leaf + 1));
    return block;
  }

  private static byte[] key(int i) {
    return "record %05d".formatted(i).getBytes(UTF_8);
  }

  private static byte[] value(int i) {
    return "value %d of a record of the layer above".formatted(i).repeat(1 + i % 3).getBytes(UTF_8);
  }

  /** Arguments: the whole store, where to damage a copy of it, whether to check, damages. */
  public static void main(String[] arguments) throws IOException {
    Path whole = Path.of(arguments[0]);
    Path home = Path.of(arguments[1]);
    boolean check = arguments[2].equals("check");
    for (String damage : Arrays.asList(arguments).subList(3, arguments.length)) {
      copy(whole, home);
      damage(home.resolve("catalog/data.mdb"), damage);
      System.out.println(check ? check(home) : read(home));
    }
  }

  /** {@code BYTE:BIT} flips a bit, {@code -LENGTH} cuts the file off. */
  private static void damage(Path file, String damage) throws IOException {
    try (RandomAccessFile data = new RandomAccessFile(file.toFile(), "rw")) {
      if (damage.startsWith("-")) {
        data.setLength(Long.parseLong(damage.substring(1)));
        return;
      }
      String[] place = damage.split(":", 2);
      data.seek(Long.parseLong(place[0]));
      int old = data.read();
      data.seek(Long.parseLong(place[0]));
      data.write(old ^ 1 << Integer.parseInt(place[1]));
    }
  }

  private static void copy(Path whole, Path home) throws IOException {
    try (Stream<Path> paths = Files.walk(whole)) {
      for (Path path : paths.toList()) {
        Path target = home.resolve(whole.relativize(path).toString());
        if (Files.isDirectory(path)) {
          Files.createDirectories(target);
        } else if (!path.getParent().endsWith("segments") || Files.notExists(target)) {
          Files.copy(path, target, StandardCopyOption.REPLACE_EXISTING);
        }
      }
    }
    Files.deleteIfExists(home.resolve("open"));
  }

  private static String check(Path home) {
    try {
      CheckReport report = CowStore.check(home, false);
      return report.isSound() ? "SOUND" : "FOUND " + first(report.damage(), report.inaccuracies());
    } catch (StoreException e) {
      return "FOUND " + e.getMessage();
    } catch (RuntimeException | Error e) {
      return "FAULT " + e;
    }
  }

  private static String first(List<String> damage, List<String> inaccuracies) {
    return damage.isEmpty() ? inaccuracies.get(0) : damage.get(0);
  }

  private static String read(Path home) {
    CowStore store;
    try {
      store = CowStore.open(home, Machine.options());
    } catch (StoreException e) {
      return Outcome.REFUSED + " " + e.getMessage();
    } catch (RuntimeException | Error e) {
      return Outcome.FAULT + " opening: " + e;
    }
    List<String> found = new ArrayList<>();
    try {
      NativeBuffer memory = NativeBuffer.of(BLOCK);
      for (long id = 2; id < 2 + FILES; id++) {
        readFile(store, id, memory, found);
      }
      for (int i = 0; i < RECORDS; i++) {
        readRecord(store, i, found);
      }
      scanRecords(store, found);
    } finally {
      try {
        store.change().createFile(store.nextNumber(), 1).apply();
        store.close();
      } catch (StoreException e) {
        found.add(Outcome.FAILED + " closing: " + e.getMessage());
      } catch (RuntimeException | Error e) {
        found.add(Outcome.FAULT + " closing: " + e);
      }
    }
    return found.stream()
        .max((a, b) -> outcome(a).compareTo(outcome(b)))
        .orElse(Outcome.RIGHT.toString());
  }

  static Outcome outcome(String line) {
    return Outcome.valueOf(line.split(" ", 2)[0]);
  }

  private static void readFile(CowStore store, long id, NativeBuffer memory, List<String> found) {
    for (int leaf = 0; leaf < LEAVES; leaf++) {
      try {
        long at = (long) leaf * LEAF;
        int read = store.file(id).read(at, memory.address(), BLOCK);
        byte[] expected = expected(id, leaf);
        if (read != BLOCK || !Arrays.equals(expected, memory.first(BLOCK))) {
          found.add(Outcome.WRONG + " file " + id + ", leaf " + leaf);
        }
      } catch (StoreException e) {
        boolean absent = e.reason() == StoreException.Reason.NO_SUCH_FILE;
        found.add((absent ? Outcome.ABSENT : Outcome.FAILED) + " " + e.getMessage());
      } catch (RuntimeException | Error e) {
        found.add(Outcome.FAULT + " " + e);
      }
    }
  }

  /**
   * Even files have every leaf; odd ones are forks of those, with every other leaf of their own.
   */
  private static byte[] expected(long id, int leaf) {
    boolean forked = id % 2 == 1;
    return block(forked && leaf % 2 == 0 ? id - 1 : id, leaf);
  }

  private static void readRecord(CowStore store, int i, List<String> found) {
    try {
      byte[] value = store.record(key(i));
      if (value == null) {
        found.add(Outcome.ABSENT + " record " + i);
      } else if (!Arrays.equals(value(i), value)) {
        found.add(Outcome.WRONG + " record " + i);
      }
    } catch (StoreException e) {
      found.add(Outcome.FAILED + " " + e.getMessage());
    } catch (RuntimeException | Error e) {
      found.add(Outcome.FAULT + " " + e);
    }
  }

  private static void scanRecords(CowStore store, List<String> found) {
    int[] next = new int[1];
    try {
      store.scan(
          "record".getBytes(UTF_8),
          "recorder".getBytes(UTF_8),
          (key, value) -> {
            int i = Integer.parseInt(new String(key, UTF_8).substring("record ".length()));
            if (i != next[0]) {
              found.add(Outcome.ABSENT + " scan, " + next[0]);
            }
            next[0] = i + 1;
            if (!Arrays.equals(value(i), value)) {
              found.add(Outcome.WRONG + " scan, record " + i);
            }
            return true;
          });
      if (next[0] != RECORDS) {
        found.add(Outcome.ABSENT + " scan, end");
      }
    } catch (StoreException e) {
      found.add(Outcome.FAILED + " scan: " + e.getMessage());
    } catch (RuntimeException | Error e) {
      found.add(Outcome.FAULT + " scan: " + e);
    }
  }
}
