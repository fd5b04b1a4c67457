package dev.pando.cowstore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.cowstore.DamagedCatalogReader.Outcome;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A catalog with one bit flipped, or cut off, is found out by a check, which no damage ends, and
 * gives nobody wrong bytes.
 */
final class DamagedCatalogTest {
  private static final int PAGE = 4096;
  private static final int FLIPS = 60;

  /** Died of a signal: 128 and its number. */
  private static final int LEAST_SIGNAL = 128;

  @TempDir Path directory;
  private Path whole;
  private long bytes;

  static LongStream seeds() {
    return Seeds.of(1);
  }

  private void fill() throws IOException {
    whole = directory.resolve("whole");
    DamagedCatalogReader.fill(whole);
    try (RandomAccessFile data = new RandomAccessFile(data().toFile(), "rw")) {
      // what LMDB has used; behind it is what is set aside for growth
      data.seek(136);
      long first = Long.reverseBytes(data.readLong());
      data.seek(PAGE + 136);
      bytes = (Math.max(first, Long.reverseBytes(data.readLong())) + 1) * PAGE;
      data.setLength(bytes);
    }
    Files.deleteIfExists(whole.resolve("catalog/lock.mdb"));
  }

  private Path data() {
    return whole.resolve("catalog/data.mdb");
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void noFlippedBitGivesWrongBytesOrEndsACheck(long seed) throws Exception {
    fill();
    Random random = new Random(seed);
    List<String> damages = new ArrayList<>();
    for (int i = 0; i < Seeds.operations(FLIPS); i++) {
      damages.add(place(random, i % 4) + ":" + random.nextInt(Byte.SIZE));
    }
    requireNoLies(damages);
  }

  /** Where a bit flips: anywhere, or where LMDB keeps what it goes by. */
  private long place(Random random, int kind) {
    long page = random.nextLong(bytes / PAGE) * PAGE;
    return switch (kind) {
      case 0 -> random.nextLong(bytes);
      case 1 -> page + random.nextInt(64);
      case 2 -> random.nextInt(2) * PAGE + random.nextInt(152);
      default -> page + PAGE - 1 - random.nextInt(PAGE - 64);
    };
  }

  @Test
  void noTruncationGivesWrongBytesOrEndsACheck() throws Exception {
    fill();
    List<String> damages = new ArrayList<>();
    for (long length : new long[] {1, 100, PAGE, PAGE + 100, 2 * PAGE, 3 * PAGE, 8 * PAGE}) {
      damages.add("-" + length);
    }
    for (int part = 1; part < 8; part++) {
      damages.add("-" + bytes * part / 8);
    }
    damages.add("-" + (bytes - PAGE));
    damages.add("-" + (bytes - 1));
    requireNoLies(damages);
  }

  private void requireNoLies(List<String> damages) throws Exception {
    List<String> checks = run("check", damages);
    List<String> reads = run("read", damages);
    Map<String, Integer> counts = new TreeMap<>();
    List<String> lies = new ArrayList<>();
    for (int i = 0; i < damages.size(); i++) {
      String check = checks.get(i);
      String read = reads.get(i);
      boolean found = check.startsWith("FOUND");
      boolean died = read.startsWith("DIED");
      Outcome outcome = died ? null : DamagedCatalogReader.outcome(read);
      String what = damages.get(i) + ": check " + check + ", read " + read;
      counts.merge((found ? "found" : "sound") + ", " + (died ? "died" : outcome), 1, Integer::sum);
      boolean honest = found || outcome == Outcome.RIGHT;
      if (!honest
          || !(found || check.equals("SOUND"))
          || outcome == Outcome.WRONG
          || outcome == Outcome.FAULT) {
        lies.add(what);
      }
    }
    System.out.println(counts);
    assertTrue(lies.isEmpty(), () -> String.join("\n", lies));
  }

  /** What a process says of each damage; one that dies of it is followed by another. */
  private List<String> run(String how, List<String> damages) throws Exception {
    List<String> said = new ArrayList<>();
    while (said.size() < damages.size()) {
      List<String> arguments = new ArrayList<>();
      arguments.add(whole.toString());
      arguments.add(directory.resolve("copy").toString());
      arguments.add(how);
      arguments.addAll(damages.subList(said.size(), damages.size()));
      Process process =
          ChildJvm.start(directory, DamagedCatalogReader.class, arguments.toArray(String[]::new));
      List<String> lines =
          new String(process.getInputStream().readAllBytes(), UTF_8)
              .lines()
              .filter(line -> !line.startsWith("#"))
              .toList();
      assertTrue(process.waitFor(10, TimeUnit.MINUTES), "the reader goes on");
      said.addAll(lines);
      if (said.size() < damages.size()) {
        assertTrue(process.exitValue() > LEAST_SIGNAL, () -> how + " ended: " + lines);
        said.add("DIED " + process.exitValue());
      }
    }
    assertEquals(damages.size(), said.size());
    return said;
  }
}
