package dev.pando.cowstore;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.pando.testing.Patience;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CowStoreTest {
  private static final StoreOptions OPTIONS =
      StoreOptions.defaults().withCreate(true).withJournalBytes(4 << 20);

  @TempDir Path directory;
  private CowStore store;

  @BeforeEach
  void open() throws Exception {
    store = CowStore.open(directory.resolve("store"), OPTIONS);
  }

  @AfterEach
  void close() throws Exception {
    store.close();
  }

  private CowFile newFile() throws Exception {
    long id = store.nextNumber();
    store.change().createFile(id, 1).apply();
    return store.file(id);
  }

  private static ByteBuffer random(int length, long seed) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return direct(bytes);
  }

  private static ByteBuffer direct(byte[] bytes) {
    return ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
  }

  private static byte[] read(CowFile file, long offset, int length) throws Exception {
    ByteBuffer buffer = ByteBuffer.allocateDirect(length);
    file.read(offset, buffer);
    byte[] bytes = new byte[buffer.position()];
    buffer.flip().get(bytes);
    return bytes;
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.capacity()];
    buffer.duplicate().clear().get(bytes);
    return bytes;
  }

  private CowFile fork(CowFile source) throws Exception {
    long id = store.nextNumber();
    store.change().fork(source, id, 1).apply();
    return store.file(id);
  }

  private void sync(CowFile file) throws Exception {
    CompletableFuture<StoreException> done = new CompletableFuture<>();
    file.sync(false, done::complete);
    assertNull(done.get(5, TimeUnit.MINUTES));
  }

  @Test
  void whatIsWrittenIsRead() throws Exception {
    CowFile file = newFile();
    ByteBuffer data = random(3_000_000, 1);
    file.write(12_345, data);
    assertEquals(3_012_345, file.sizeBytes());
    assertArrayEquals(bytes(data), read(file, 12_345, 3_000_000));
    assertArrayEquals(new byte[12_345], read(file, 0, 12_345));
  }

  @Test
  void aForkSeesNothingOfWhatItsSourceWritesLater() throws Exception {
    CowFile source = newFile();
    ByteBuffer data = random(1 << 20, 2);
    source.write(0, data);
    CowFile clone = fork(source);
    source.write(100, random(5000, 3));
    clone.write(900_000, random(5000, 4));
    assertArrayEquals(java.util.Arrays.copyOf(bytes(data), 900_000), read(clone, 0, 900_000));
    assertArrayEquals(
        java.util.Arrays.copyOfRange(bytes(data), 900_000, 1 << 20),
        read(source, 900_000, (1 << 20) - 900_000));
  }

  @Test
  void everythingIsThereAfterReopening() throws Exception {
    CowFile file = newFile();
    ByteBuffer data = random(2_000_000, 5);
    file.write(1 << 28, data);
    store.change().put(new byte[] {1, 2}, new byte[] {3}).apply();
    long id = file.id();
    store.close();
    open();
    assertArrayEquals(bytes(data), read(store.file(id), 1 << 28, 2_000_000));
    assertArrayEquals(new byte[] {3}, store.record(new byte[] {1, 2}));
  }

  @Test
  void everythingAcknowledgedIsThereAfterACrash() throws Exception {
    CowFile file = newFile();
    ByteBuffer data = random(2_000_000, 6);
    file.write(7, data);
    CowFile clone = fork(file);
    file.write(1000, random(10_000, 7));
    store.change().put(new byte[] {9}, new byte[] {8}).apply();
    store.abandon();
    open();
    assertArrayEquals(bytes(data), read(store.file(clone.id()), 7, 2_000_000));
    assertArrayEquals(bytes(random(10_000, 7)), read(store.file(file.id()), 1000, 10_000));
    assertArrayEquals(new byte[] {8}, store.record(new byte[] {9}));
  }

  @Test
  void aFileThatShrankAndGrewAgainReadsZeros() throws Exception {
    CowFile file = newFile();
    file.write(0, random(3 << 20, 8));
    file.resize(5000);
    file.resize(3 << 20);
    assertArrayEquals(new byte[(3 << 20) - 5000], read(file, 5000, 3 << 20));
    assertEquals(8192, file.mappedBytes());
  }

  @Test
  void aHoleIsFoundAndGivesItsBlocksBack() throws Exception {
    CowFile file = newFile();
    file.write(0, random(4 << 20, 9));
    file.unmap(1 << 20, 1 << 20);
    assertEquals(1 << 20, file.seekHole(0));
    assertEquals(2 << 20, file.seekData(1 << 20));
    assertEquals(3 << 20, file.mappedBytes());
    assertArrayEquals(new byte[1 << 20], read(file, 1 << 20, 1 << 20));
  }

  @Test
  void aWholeFileCopyIsAForkAndAPartialOneSharesBlocks() throws Exception {
    CowFile source = newFile();
    ByteBuffer data = random(5_000_000, 10);
    source.write(0, data);
    CowFile whole = newFile();
    assertEquals(5_000_000, source.copyRange(0, whole, 0, Long.MAX_VALUE));
    assertArrayEquals(bytes(data), read(whole, 0, 5_000_000));
    CowFile part = newFile();
    source.copyRange(8192, part, 4096, 2_000_000);
    assertArrayEquals(
        java.util.Arrays.copyOfRange(bytes(data), 8192, 2_008_192), read(part, 4096, 2_000_000));
    source.write(10_000, random(4096, 11));
    assertArrayEquals(
        java.util.Arrays.copyOfRange(bytes(data), 8192, 2_008_192), read(part, 4096, 2_000_000));
  }

  @Test
  void aFrozenFileRefusesChanges() throws Exception {
    CowFile file = newFile();
    file.write(0, random(4096, 12));
    store.change().freeze(file).apply();
    StoreException refused = assertThrows(StoreException.class, () -> file.write(0, random(1, 13)));
    assertEquals(StoreException.Reason.FROZEN, refused.reason());
    CowFile clone = fork(file);
    assertFalse(clone.isFrozen());
    store.change().thaw(file).apply();
    file.write(0, random(4096, 14));
    assertArrayEquals(bytes(random(4096, 12)), read(clone, 0, 4096));
  }

  @Test
  void spaceComesBackWhenEverythingIsRemoved() throws Exception {
    CowFile file = newFile();
    file.write(0, random(8 << 20, 15));
    CowFile clone = fork(file);
    clone.write(0, random(1 << 20, 16));
    sync(clone);
    store.commit();
    assertEquals(9 << 20, store.stats().storedBytes());
    store.change().removeFile(file).apply();
    store.change().removeFile(clone).apply();
    Patience.await(
        "all is free",
        () -> {
          store.commit();
          return store.stats().storedBytes() == 0;
        });
  }

  @Test
  void everySyncIsAnsweredWhenTheStoreClosesMeanwhile() throws Exception {
    for (int round = 0; round < 20; round++) {
      CowFile file = newFile();
      AtomicInteger asked = new AtomicInteger();
      AtomicInteger answered = new AtomicInteger();
      AtomicBoolean enough = new AtomicBoolean();
      CompletableFuture<Void> asking =
          CompletableFuture.runAsync(
              () -> {
                while (!enough.get()) {
                  asked.incrementAndGet();
                  file.sync(true, failure -> answered.incrementAndGet());
                }
              },
              task -> new Thread(task).start());
      CompletableFuture<Void> closing =
          CompletableFuture.runAsync(
              () -> assertDoesNotThrow(() -> store.close()), task -> new Thread(task).start());
      closing.get(5, TimeUnit.MINUTES);
      enough.set(true);
      asking.get(5, TimeUnit.MINUTES);
      assertEquals(asked.get(), answered.get());
      open();
    }
  }
}
