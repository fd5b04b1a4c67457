package dev.pando.cowstore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.cowstore.RandomLoad.Fate;
import dev.pando.cowstore.ScrubReport.Damage;
import dev.pando.cowstore.ScrubReport.Kind;
import dev.pando.cowstore.catalog.Catalog;
import dev.pando.testing.Patience;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A scrub finds every bit that changed by itself, says whose it is, and accuses nothing sound. */
final class ScrubTest {
  private static final int MIB = 1 << 20;
  private static final int BLOCK = 4096;
  private static final long SEGMENT_BYTES = 1L << 30;
  private static final int OPERATIONS = 900;

  @TempDir Path directory;
  private Machine machine;
  private Bytes bytes;

  static LongStream seeds() {
    return Seeds.of(6);
  }

  @BeforeEach
  void open() throws Exception {
    machine = new Machine(Files.createDirectory(directory.resolve("store")));
    bytes = new Bytes(machine.store());
  }

  @AfterEach
  void close() throws Exception {
    machine.close();
  }

  private CowStore store() {
    return machine.store();
  }

  private ScrubReport scrub() throws StoreException {
    return store().scrub(readBytes -> true);
  }

  private CowFile frozen(long length, int value) throws StoreException {
    CowFile file = bytes.create();
    bytes.fill(file, 0, length, value);
    store().change().freeze(file).apply();
    return file;
  }

  /** Where a byte of a file lies: its segment's file, and the place in it. */
  private record Place(Path segment, long at) {}

  private Place place(CowFile file, long offset) throws StoreException {
    List<Place> found = new ArrayList<>();
    file.extents(
        (start, address, length) -> {
          if (offset >= start && offset < start + length) {
            long at = address + offset - start;
            Path segment =
                directory
                    .resolve("store/segments")
                    .resolve(String.format("%08x", at / SEGMENT_BYTES));
            found.add(new Place(segment, at % SEGMENT_BYTES));
          }
        });
    return found.get(0);
  }

  private static void flip(Path path, long at, int bit) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.seek(at);
      int old = file.read();
      file.seek(at);
      file.write(old ^ 1 << bit);
    }
  }

  private void flip(CowFile file, long offset) throws IOException {
    Place place = place(file, offset);
    flip(place.segment(), place.at(), (int) (offset % 8));
  }

  @Test
  void whatCanNotChangeIsVerifiedAndTheRestIsCounted() throws Exception {
    CowFile template = frozen(4 * MIB, 1);
    CowFile changing = bytes.create();
    bytes.fill(changing, 0, MIB, 2);
    ScrubReport before = scrub();
    assertEquals(4 * MIB, before.pendingBytes());
    assertEquals(MIB, before.changingBytes());
    store().checksum();
    CowFile clone = bytes.fork(template);
    bytes.fill(clone, 0, BLOCK, 3);
    ScrubReport report = scrub();
    assertEquals(4 * MIB, report.verifiedBytes());
    assertEquals(0, report.pendingBytes());
    assertEquals(MIB + BLOCK, report.changingBytes());
    assertEquals(5 * MIB + BLOCK, report.readBytes());
    assertEquals(List.of(), report.damages());
  }

  @Test
  void checksumsComeByThemselvesSomeSecondsAfterAFreeze() throws Exception {
    frozen(4 * MIB, 1);
    Patience.await("checksums", () -> scrub().verifiedBytes() >= 4 * MIB);
  }

  @Test
  void everyFlippedBitIsFoundAndNamedForEachFileThatHasIt() throws Exception {
    CowFile template = frozen(4 * MIB, 1);
    CowFile clone = bytes.fork(template);
    bytes.fill(clone, 2 * MIB, BLOCK, 9);
    store().checksum();
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    Set<Long> harmed = new HashSet<>();
    for (int i = 0; i < 40; i++) {
      long offset = random.nextInt(4 * MIB);
      if (harmed.add(offset / BLOCK)) {
        flip(template, offset);
      }
    }
    flip(template, 2 * MIB + 5);
    harmed.add(2L * MIB / BLOCK);
    ScrubReport report = scrub();
    assertEquals(harmed, harmedBlocks(report, template));
    harmed.remove(2L * MIB / BLOCK); // the clone has its own there
    assertEquals(harmed, harmedBlocks(report, clone));
    assertFalse(report.moreDamages());
    machine.reopen();
    assertEquals(report.damages(), scrub().damages());
  }

  private static Set<Long> harmedBlocks(ScrubReport report, CowFile file) {
    Set<Long> blocks = new HashSet<>();
    for (Damage damage : report.damages()) {
      assertEquals(Kind.CHANGED, damage.kind());
      for (long at = 0; damage.fileId() == file.id() && at < damage.lengthBytes(); at += BLOCK) {
        assertTrue(blocks.add((damage.offset() + at) / BLOCK), "told twice: " + damage);
      }
    }
    return blocks;
  }

  @Test
  void whatIsSharedByARangeCopyIsVerifiedToo() throws Exception {
    CowFile source = bytes.create();
    bytes.fill(source, 0, MIB, 1);
    CowFile template = bytes.create();
    bytes.fill(template, 0, MIB, 2);
    source.copyRange(0, template, MIB, MIB);
    store().change().freeze(template).apply();
    store().checksum();
    assertEquals(2 * MIB, scrub().verifiedBytes());
    flip(template, MIB + 77);
    List<Damage> damages = scrub().damages();
    assertTrue(
        damages.contains(new Damage(template.id(), MIB, BLOCK, Kind.CHANGED)), damages::toString);
  }

  @Test
  void aTemplateThatIsThawedWrittenAndFrozenAgainIsNotAccused() throws Exception {
    for (boolean cloned : new boolean[] {false, true}) {
      CowFile file = frozen(2 * MIB, 1);
      store().checksum();
      CowFile clone = cloned ? bytes.fork(file) : null;
      store().change().thaw(file).apply();
      if (cloned) {
        store().change().removeFile(clone).apply();
        store().reclaim(); // what it shared is the file's alone again
      }
      assertEquals(0, scrub().damages().size());
      bytes.fill(file, 0, 2 * MIB, 2);
      store().change().freeze(file).apply();
      ScrubReport report = scrub();
      assertEquals(List.of(), report.damages());
      store().checksum();
      machine.kill();
      bytes = new Bytes(store());
      report = scrub();
      assertEquals(List.of(), report.damages());
      assertEquals(2 * MIB, store().file(file.id()).mappedBytes());
    }
    store().checksum();
    assertEquals(4 * MIB, scrub().verifiedBytes());
  }

  @Test
  void theChecksumsOfWhatIsGoneAreGone() throws Exception {
    long fresh = catalogBytes();
    List<CowFile> files = new ArrayList<>();
    for (int i = 0; i < 3000; i++) {
      CowFile file = bytes.create();
      for (int block = 0; block < 4; block++) {
        bytes.fill(file, (long) block * MIB, BLOCK, 1 + i % 255);
      }
      store().change().freeze(file).apply();
      files.add(file);
    }
    store().checksum();
    assertEquals(3000L * 4 * BLOCK, scrub().verifiedBytes());
    for (CowFile file : files) {
      store().change().removeFile(file).apply();
    }
    store().compact();
    assertTrue(catalogBytes() - fresh < MIB, fresh + " bytes before, now " + catalogBytes());
  }

  private long catalogBytes() throws IOException {
    return Files.size(directory.resolve("store/catalog/data.mdb"));
  }

  @Test
  void aFlippedBitInAnyMapPageIsFound() throws Exception {
    Path home = directory.resolve("maps");
    Path data = home.resolve("catalog/data.mdb");
    long id;
    try (CowStore maps = CowStore.open(home, Machine.options())) {
      Bytes content = new Bytes(maps);
      CowFile file = content.create();
      id = file.id();
      content.fill(file, 0, 3 * MIB, 1);
      maps.change().freeze(file).apply();
      content.fill(content.create(), 600L * MIB, BLOCK, 1); // three levels
      maps.checksum();
    }
    List<byte[]> images = new ArrayList<>();
    try (Catalog catalog = Catalog.open(home.resolve("catalog"))) {
      catalog.scanPages(
          (page, image) -> {
            byte[] copy = new byte[image.remaining()];
            image.get(copy);
            images.add(copy);
          });
    }
    assertTrue(images.size() >= 7, images.size() + " pages");
    byte[] whole = Files.readAllBytes(data);
    Random random = new Random(5);
    int named = 0;
    for (byte[] image : images) {
      // not the first 16 bytes: flags that say nothing are among them
      byte[] harmed = harm(whole, image, 16 + random.nextInt(image.length - 16), random.nextInt(8));
      Files.write(data, harmed);
      assertFalse(CowStore.checkClosed(home, false).damage().isEmpty());
      try (CowStore maps = CowStore.open(home, Machine.options())) {
        List<Damage> damages = maps.scrub(readBytes -> true).damages();
        assertEquals(1, damages.size(), damages::toString);
        assertEquals(Kind.MAP, damages.get(0).kind());
        assertTrue(damages.get(0).fileId() > 0, damages::toString);
        named += damages.get(0).fileId() == id ? 1 : 0;
      }
    }
    assertEquals(4, named); // three leaves and what is above them
    Files.write(data, whole);
    try (CowStore maps = CowStore.open(home, Machine.options())) {
      ScrubReport report = maps.scrub(readBytes -> true);
      assertEquals(List.of(), report.damages());
      assertEquals(images.size(), report.pages());
    }
  }

  /** The file with one bit of an image flipped, wherever it stands: pages that are free, too. */
  private static byte[] harm(byte[] whole, byte[] image, int at, int bit) {
    byte[] harmed = whole.clone();
    for (int start = 0; start + image.length <= whole.length; start++) {
      if (Arrays.equals(image, 0, image.length, whole, start, start + image.length)) {
        harmed[start + at] ^= (byte) (1 << bit);
      }
    }
    return harmed;
  }

  /**
   * What was joined is changed in place before the join is durable; then it is forked, by a Change
   * that another file's sync makes durable, so that it can not be joined again.
   */
  @Test
  void aJoinThatALossOfPowerTakesBackAccusesNothing() throws Exception {
    CowFile file = bytes.create();
    bytes.fill(file, 0, 300_000, 1);
    long otherId = store().nextNumber();
    store().change().createFile(otherId, 2).apply();
    CowFile clone = bytes.fork(file);
    store().commit();
    store().checksum();
    store().change().removeFile(clone).apply();
    Patience.await(
        "it is joined",
        () -> {
          store().commitRecords();
          return file.privateBytes() > 0;
        });
    bytes.fill(file, 0, 300_000, 3);
    Flush.sync(file);
    CowFile unused = bytes.fork(file);
    CowFile other = store().file(otherId);
    bytes.fill(other, 0, 1, 3);
    Flush.sync(other);
    machine.losePower(1);
    assertEquals(List.of(), scrub().damages());
    store().reclaim();
    assertEquals(List.of(), scrub().damages());
    new Bytes(store()).requireFilled(store().file(file.id()), 0, 300_000, 3);
  }

  /** Checksums are made and verified beside all that can happen to blocks. */
  @ParameterizedTest
  @MethodSource("seeds")
  void nothingSoundIsAccusedWhateverHappensMeanwhile(long seed) throws Exception {
    RandomLoad load = new RandomLoad(seed, machine);
    Random random = new Random(seed);
    for (int i = 0; i < OPERATIONS / 30; i++) {
      load.run(30);
      switch (random.nextInt(6)) {
        case 0 -> load.end(random.nextBoolean() ? Fate.KILL : Fate.CLOSE);
        case 1 -> load.end(Fate.POWER_LOSS);
        case 2 -> store().reclaim();
        default -> {
          store().checksum();
          if (random.nextInt(3) == 0) {
            commitWithoutFlush();
            load.end(Fate.POWER_LOSS);
          }
        }
      }
      ScrubReport report = scrub();
      assertEquals(List.of(), report.damages(), "seed " + seed + ", after " + i * 30);
    }
    load.compare();
  }

  /** What the background does every few seconds: what was written in place is left to the host. */
  private void commitWithoutFlush() throws StoreException {
    store().change().limit(99, Quota.NONE).apply(); // a record, and no change
    store().commitRecords();
  }

  /** The same with the background's threads running at once. */
  @ParameterizedTest
  @MethodSource("seeds")
  void nothingSoundIsAccusedByAScrubBesideIt(long seed) throws Exception {
    RandomLoad load = new RandomLoad(seed, machine);
    List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
    CowStore store = store();
    boolean[] ended = {false};
    Thread scrubbing =
        new Thread(
            () -> {
              try {
                while (!ended[0] && failures.isEmpty()) {
                  store.checksum();
                  assertEquals(List.of(), store.scrub(readBytes -> true).damages());
                }
              } catch (StoreException | RuntimeException | AssertionError e) {
                failures.add(e);
              }
            });
    scrubbing.start();
    try {
      load.run(OPERATIONS);
    } finally {
      ended[0] = true;
      scrubbing.join();
    }
    assertEquals(List.of(), failures, "seed " + seed);
    load.compare();
  }
}
