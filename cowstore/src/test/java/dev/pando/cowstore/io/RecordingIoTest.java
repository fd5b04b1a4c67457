package dev.pando.cowstore.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The simulated machine must itself be right, or the tests on it prove nothing. */
final class RecordingIoTest {
  private static final int SECTOR = 512;
  private static final int SECTORS = 64;

  @TempDir Path directory;
  private final NativeBuffer buffer = NativeBuffer.of(SECTORS * SECTOR);
  private final RecordingIo io = new RecordingIo();

  @AfterEach
  void close() throws IOException {
    io.close();
  }

  @Test
  void syncedSectorsSurviveAPowerLoss() throws IOException {
    fill(open(), 1);
    open().sync();
    io.powerLoss(1);
    assertArrayEquals(filled(1), content());
  }

  @Test
  void anUnsyncedSectorIsOldOrNewAndBothHappen() throws IOException {
    Set<Integer> seen = new HashSet<>();
    for (int seed = 0; seed < 20; seed++) {
      fill(open(), 1);
      open().sync();
      fill(open(), 2);
      io.powerLoss(seed);
      byte[] content = content();
      for (int sector = 0; sector < SECTORS; sector++) {
        byte first = content[sector * SECTOR];
        seen.add((int) first);
        byte[] expected = new byte[SECTOR];
        Arrays.fill(expected, first);
        assertArrayEquals(
            expected, Arrays.copyOfRange(content, sector * SECTOR, (sector + 1) * SECTOR));
      }
    }
    assertEquals(Set.of(1, 2), seen);
  }

  @Test
  void anUnsyncedPunchMayBeTakenBack() throws IOException {
    Set<Integer> seen = new HashSet<>();
    for (int seed = 0; seed < 20; seed++) {
      fill(open(), 1);
      open().sync();
      open().punch(0, SECTORS * SECTOR);
      io.powerLoss(seed);
      seen.add((int) content()[0]);
    }
    assertEquals(Set.of(0, 1), seen);
  }

  @Test
  void theEndOfAProcessLosesNothingButEndsItsHandles() throws IOException {
    StoreFile old = open();
    fill(old, 1);
    String cache = io.pageCache(directory);
    io.stop();
    assertThrows(HostException.class, () -> fill(old, 2));
    io.restart();
    assertThrows(HostException.class, () -> fill(old, 2));
    assertArrayEquals(filled(1), content());
    assertEquals(cache, io.pageCache(directory));
  }

  @Test
  void aPowerLossAfterARestartStillKnowsWhatWasNotSynced() throws IOException {
    fill(open(), 1);
    map().buffer().put(7, (byte) 1);
    io.stop();
    io.restart();
    Set<Integer> seen = new HashSet<>();
    for (int seed = 0; seed < 20 && seen.size() < 2; seed++) {
      fill(open(), 1);
      map().buffer().put(7, (byte) 1);
      io.powerLoss(seed);
      seen.add((int) map().buffer().get(7));
      map().buffer().put(7, (byte) 0);
      map().force();
    }
    assertEquals(Set.of(0, 1), seen);
  }

  @Test
  void forcedBytesOfAMappingSurviveAndOthersMay() throws IOException {
    for (int seed = 0; seed < 20; seed++) {
      MappedFile mapping = map();
      mapping.buffer().put(0, (byte) 1).put(SECTOR, (byte) 1);
      mapping.force();
      mapping.buffer().put(SECTOR, (byte) 2);
      io.powerLoss(seed);
      assertEquals(1, map().buffer().get(0));
      assertTrue(Set.of(1, 2).contains((int) map().buffer().get(SECTOR)));
    }
  }

  @Test
  void aPowerLossMakesAnotherPageCache() throws IOException {
    String cache = io.pageCache(directory);
    io.powerLoss(1);
    assertNotEquals(cache, io.pageCache(directory));
  }

  @Test
  void aRemountLosesWhatAPowerLossDoesInTheSameBoot() throws IOException {
    String cache = io.pageCache(directory);
    Set<Integer> seen = new HashSet<>();
    for (int seed = 0; seed < 20; seed++) {
      fill(open(), 1);
      open().sync();
      fill(open(), 2);
      io.remount(seed);
      seen.add((int) content()[0]);
    }
    assertEquals(Set.of(1, 2), seen);
    assertNotEquals(cache, io.pageCache(directory));
  }

  @Test
  void whatCouldNotBeWrittenIsToldOnceToEachWhoHeldTheFileSystem() throws IOException {
    FileSystemHold early = io.hold(directory);
    fill(open(), 1);
    io.loseWrites(1);
    io.restart();
    assertThrows(HostException.class, () -> io.hold(directory).sync(), "nobody was told yet");
    io.hold(directory).sync();
    assertThrows(HostException.class, early::sync);
    early.sync();
    assertThrows(HostException.class, () -> open().sync(), "each file tells of itself");
    open().sync();
  }

  private StoreFile open() throws IOException {
    return io.open(directory.resolve("data"), true);
  }

  private MappedFile map() throws IOException {
    return io.map(directory.resolve("log"), 4096);
  }

  private static byte[] filled(int value) {
    byte[] content = new byte[SECTORS * SECTOR];
    Arrays.fill(content, (byte) value);
    return content;
  }

  private void fill(StoreFile file, int value) throws IOException {
    buffer.bytes().put(0, filled(value));
    file.write(0, buffer.address(), SECTORS * SECTOR);
  }

  private byte[] content() throws IOException {
    open().read(0, buffer.address(), SECTORS * SECTOR);
    return buffer.first(SECTORS * SECTOR);
  }
}
