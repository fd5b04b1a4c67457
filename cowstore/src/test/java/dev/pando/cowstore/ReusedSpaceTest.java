package dev.pando.cowstore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.cowstore.StoreException.Reason;
import dev.pando.cowstore.io.CappedIo;
import dev.pando.cowstore.io.FailingIo;
import dev.pando.cowstore.io.HostException;
import dev.pando.testing.Patience;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is free, and the host was not given back, is room like any other. */
final class ReusedSpaceTest {
  private static final int BLOCK = 4096;
  private static final int MIB = 1 << 20;
  private static final int DISK_MIB = 64;
  private static final int OPERATIONS = 400;

  /** What an earlier process left of a segment and is not worth a look. */
  private static final long NOT_LOOKED_AT = MIB;

  @TempDir Path directory;
  private CappedIo disk;
  private FailingIo io;
  private CowStore store;
  private Bytes bytes;

  static LongStream seeds() {
    return Seeds.of(6);
  }

  @BeforeEach
  void open() throws StoreException {
    disk = new CappedIo((long) DISK_MIB * MIB);
    io = new FailingIo(disk);
    openStore();
  }

  private void openStore() throws StoreException {
    StoreOptions options = Machine.options().withIo(io).withHostReserveBytes(0);
    store = CowStore.open(directory.resolve("store"), options);
    bytes = new Bytes(store);
  }

  @AfterEach
  void close() throws StoreException {
    store.close();
  }

  @Test
  void whatWasFreedInPiecesOfABlockOnAFullDiskCanBeWritten() throws Exception {
    CowFile file = bytes.create();
    fill(file);
    unmapEveryOtherBlock(file);
    settle();
    assertEquals(DISK_MIB * MIB / 2, store.stats().availableBytes());
    writeBlocks(bytes.create(), DISK_MIB / 2 * 256);
    assertEquals(0, store.stats().availableBytes());
  }

  @Test
  void whatOthersTakeOfTheReserveHidesNothingOfIt() throws Exception {
    long reserve = 8L * MIB;
    store.close();
    StoreOptions options = Machine.options().withIo(io).withHostReserveBytes(reserve);
    store = CowStore.open(directory.resolve("store"), options);
    bytes = new Bytes(store);
    CowFile file = bytes.create();
    bytes.fill(file, 0, DISK_MIB * MIB - reserve, 1);
    for (long at = 0; at < file.sizeBytes(); at += 2 * BLOCK) {
      file.unmap(at, BLOCK);
    }
    settle();
    disk.grow(-reserve); // another program
    store.commit();
    assertEquals((DISK_MIB * MIB - reserve) / 2, store.stats().availableBytes());
    writeBlocks(bytes.create(), (int) ((DISK_MIB * MIB - reserve) / 2 / BLOCK));
  }

  @Test
  void onAHostWithoutHolesTheSpaceOfARemovedFileIsWrittenAgain() throws Exception {
    io.failAll(FailingIo.Call.PUNCH, HostException.EOPNOTSUPP);
    CowFile file = bytes.create();
    fill(file);
    store.change().removeFile(file).apply();
    settle();
    bytes.create();
    store.commit();
    assertEquals((long) DISK_MIB * MIB, store.stats().availableBytes());
    bytes.fill(bytes.create(), 0, (long) DISK_MIB * MIB, 2);
  }

  @Test
  void whatAnEarlierProcessLeftIsFound() throws Exception {
    CowFile file = bytes.create();
    fill(file);
    unmapEveryOtherBlock(file);
    settle();
    io.failAll(FailingIo.Call.PUNCH, HostException.EOPNOTSUPP);
    for (boolean crash : List.of(true, false)) {
      if (crash) {
        store.abandon();
      } else {
        store.close();
      }
      openStore();
      CowFile other = bytes.create();
      writeBlocks(other, DISK_MIB / 2 * 256);
      store.change().removeFile(other).apply();
      settle();
    }
    awaitAvailable(DISK_MIB * MIB / 2);
  }

  @Test
  void whatAnotherProgramTookIsMissedOnlyByWhatWouldNeedIt() throws Exception {
    CowFile file = bytes.create();
    bytes.fill(file, 0, 16 * MIB, 1);
    for (long at = 0; at < 16 * MIB; at += 2 * BLOCK) {
      file.unmap(at, BLOCK);
    }
    settle();
    CowFile other = bytes.create();
    bytes.fill(other, 0, BLOCK, 2);
    disk.grow(-disk.availableBytes(null)); // nobody was told
    writeBlocks(other, 8 * 256 - 1);
  }

  /** Nothing is counted twice, and nothing forgotten. */
  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void whatIsAvailableAndWhatIsStoredAreTheDisk(long seed) throws Exception {
    Random random = new Random(seed);
    List<CowFile> files = new ArrayList<>();
    for (int left = Seeds.operations(OPERATIONS); left > 0; left--) {
      step(random, files);
      if (random.nextInt(20) == 0) {
        settle();
        assertEquals(
            (long) DISK_MIB * MIB,
            store.stats().availableBytes() + store.stats().storedBytes(),
            "what is there");
      }
      if (random.nextInt(100) == 0) {
        settle();
        store.reclaim(); // or what is left is too little to be looked at
        store.close();
        openStore();
        files.replaceAll(this::again);
      }
    }
  }

  private void step(Random random, List<CowFile> files) throws StoreException {
    int choice = random.nextInt(10);
    if (files.isEmpty() || (choice == 0 && files.size() < 8)) {
      files.add(bytes.create());
      return;
    }
    CowFile file = files.get(random.nextInt(files.size()));
    long at = random.nextInt(3 * 1024) * (long) BLOCK;
    int length = (1 + random.nextInt(64)) * BLOCK;
    try {
      switch (choice) {
        case 1 -> {
          files.remove(file);
          store.change().removeFile(file).apply();
        }
        case 2, 3, 4 -> file.unmap(at, length);
        case 5 -> file.reserve(at, length);
        case 6 -> store.commit();
        case 7 -> Flush.sync(file); // its next window is filled with zeros ahead
        default -> bytes.fill(file, at, length, random.nextInt(250) + 1);
      }
    } catch (StoreException refusal) {
      assertEquals(Reason.FULL, refusal.reason());
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private CowFile again(CowFile file) {
    try {
      return store.file(file.id());
    } catch (StoreException e) {
      throw new AssertionError(e);
    }
  }

  private void fill(CowFile file) {
    long end = 0;
    try {
      while (true) {
        bytes.fill(file, end, MIB, 1);
        end += MIB;
      }
    } catch (StoreException full) {
      assertEquals(Reason.FULL, full.reason());
    }
    assertTrue(end >= (DISK_MIB - 1) * (long) MIB);
  }

  private void unmapEveryOtherBlock(CowFile file) throws StoreException {
    for (long at = 0; at < (long) DISK_MIB * MIB; at += 2 * BLOCK) {
      file.unmap(at, BLOCK);
    }
  }

  private void writeBlocks(CowFile file, int count) throws StoreException {
    for (int block = 0; block < count; block++) {
      bytes.fill(file, block * (long) BLOCK, BLOCK, 2);
      if (block % 64 == 63) {
        store.commit();
      }
    }
  }

  /** What was freed is free, and no file holds blocks ahead of its writes. */
  private void settle() throws StoreException {
    store.commit();
    Patience.await(
        "all is given back",
        () -> {
          store.commit();
          return !store.isReclaiming() && store.stats().reclaimableBytes() == 0;
        });
    for (int i = 0; i < 3; i++) {
      store.change().put(new byte[] {1}, new byte[] {(byte) i}).apply();
      store.commit();
    }
  }

  private void awaitAvailable(long expectedBytes) throws StoreException {
    Patience.await(
        expectedBytes + " bytes are available",
        () -> {
          store.commit();
          return store.stats().availableBytes() >= expectedBytes - NOT_LOOKED_AT;
        });
  }
}
