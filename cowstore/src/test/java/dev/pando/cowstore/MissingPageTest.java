package dev.pando.cowstore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.pando.cowstore.StoreException.Reason;
import dev.pando.cowstore.catalog.Catalog;
import dev.pando.cowstore.map.DamagedPageException;
import dev.pando.cowstore.map.MapPage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** A map page that is missing is damage: what it stood for is never taken for a hole. */
final class MissingPageTest {
  private static final int LEAF = 1 << 20;

  @TempDir Path directory;
  private long damaged;
  private long sound;

  @BeforeEach
  void fill() throws StoreException {
    try (CowStore store = open()) {
      Bytes bytes = new Bytes(store);
      CowFile file = bytes.create();
      bytes.fill(file, 0, 3 * LEAF, 'a');
      damaged = file.id();
      store.commit();
      CowFile other = bytes.create();
      bytes.fill(other, 0, 3 * LEAF, 'b');
      sound = other.id();
    }
  }

  private CowStore open() throws StoreException {
    return CowStore.open(directory, Machine.options());
  }

  /**
   * Takes the pages of one level of the first file, which has the lowest ids, out of the catalog.
   */
  private void removePages(int level) throws IOException {
    try (Catalog catalog = Catalog.open(directory.resolve("catalog"));
        Catalog.Commit commit = catalog.begin()) {
      List<Long> ids = new ArrayList<>();
      catalog.scanPages(
          (id, image) -> {
            if (MapPage.decode(id, image).level() == level) {
              ids.add(id);
            }
          });
      for (long id : ids.subList(0, ids.size() / 2)) {
        commit.removePage(id);
      }
      commit.commit();
    }
  }

  @Test
  void aFileWhoseRootIsMissingIsNoEmptyFile() throws Exception {
    removePages(1);
    try (CowStore store = open()) {
      requireDamage(() -> store.file(damaged));
      new Bytes(store).requireFilled(store.file(sound), 0, 3 * LEAF, 'b');
    }
  }

  @Test
  void whereALeafIsMissingThereIsNoHole() throws Exception {
    removePages(0);
    try (CowStore store = open()) {
      CowFile file = store.file(damaged);
      ByteBuffer buffer = ByteBuffer.allocateDirect(512);
      requireDamage(() -> file.read(0, buffer));
      requireDamage(() -> file.seekData(0));
      requireDamage(() -> file.seekHole(0));
      requireDamage(() -> file.extents((at, address, length) -> {}));
      assertEquals(0, store.file(sound).seekData(0));
    }
  }

  /** Whoever calls is told of an I/O error, as of a disk that can not be read. */
  private static void requireDamage(Executable call) {
    StoreException refusal = assertThrows(StoreException.class, call);
    assertEquals(Reason.IO, refusal.reason());
    assertInstanceOf(DamagedPageException.class, refusal.getCause());
  }
}
