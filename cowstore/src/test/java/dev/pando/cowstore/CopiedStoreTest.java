package dev.pando.cowstore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.pando.cowstore.StoreException.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store may be copied and moved when it is closed; a copy of an open one is told. */
class CopiedStoreTest {
  private static final int FILE_BYTES = 50_000;

  @TempDir private Path directory;
  private Path original;
  private CowStore store;
  private long fileId;

  @BeforeEach
  void open() throws StoreException {
    original = directory.resolve("original");
    store = CowStore.open(original, Machine.options());
    Bytes bytes = new Bytes(store);
    CowFile file = bytes.create();
    bytes.fill(file, 0, FILE_BYTES, 7);
    fileId = file.id();
  }

  private Path copy(String name) throws IOException {
    Path copy = directory.resolve(name);
    List<Path> files;
    try (Stream<Path> all = Files.walk(original)) {
      files = all.toList();
    }
    for (Path file : files) {
      Files.copy(file, copy.resolve(original.relativize(file)), StandardCopyOption.COPY_ATTRIBUTES);
    }
    return copy;
  }

  private void requireWhole(Path path) throws StoreException {
    try (CowStore opened = CowStore.open(path, Machine.options())) {
      new Bytes(opened).requireFilled(opened.file(fileId), 0, FILE_BYTES, 7);
    }
  }

  private static StoreException refusal(Path path) {
    return assertThrows(StoreException.class, () -> CowStore.open(path, Machine.options()));
  }

  @Test
  void aCopyOfAnOpenStoreIsRefusedAndStaysAsItWas() throws Exception {
    Path copy = copy("copy");
    byte[] mark = Files.readAllBytes(copy.resolve("open"));
    assertEquals(Reason.LOSS, refusal(copy).reason());
    assertEquals(Reason.LOSS, refusal(copy).reason(), "asking does not make it whole");
    assertEquals(-1, Arrays.mismatch(mark, Files.readAllBytes(copy.resolve("open"))));
    store.close();
    requireWhole(original);
  }

  @Test
  void aCopyOfACrashedStoreIsRefusedAndTheCrashedOneIsNot() throws Exception {
    store.abandon();
    Path copy = copy("copy");
    assertEquals(Reason.LOSS, refusal(copy).reason());
    requireWhole(original);
    CowStore.open(copy, Machine.options().withAcceptLoss(true)).close();
    requireWhole(copy);
  }

  @Test
  void aClosedStoreMayBeCopiedAndBothGoOn() throws Exception {
    store.close();
    Path copy = copy("copy");
    requireWhole(copy);
    requireWhole(original);
    requireWhole(copy);
  }

  @Test
  void aCrashedStoreMayBeRenamed() throws Exception {
    store.abandon();
    Path moved = directory.resolve("moved");
    Files.move(original, moved);
    requireWhole(moved);
  }

  @Test
  void aMarkThatWasCutOffByALossOfPowerIsNoCopys() throws Exception {
    store.abandon();
    Files.write(original.resolve("open"), new byte[0]);
    requireWhole(original);
  }
}
