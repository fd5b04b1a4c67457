package dev.pando.daemon.fuse.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.daemon.tree.Errno;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.Notice;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a daemon leaves in its memory, the next one finds there. */
final class MountMemoryTest {
  private MountMemory memory;

  @BeforeEach
  void make() throws IOException {
    memory = MountMemory.create(2, 3);
  }

  @AfterEach
  void close() {
    memory.close();
  }

  /** The memory as the next daemon maps it. */
  private MountMemory again() throws IOException {
    return MountMemory.inherited(memory.fd());
  }

  @Test
  void itSaysWhatIsMountedAndWhere() throws IOException {
    memory.mounted(47, Path.of("/srv/\u00fcber vms"));
    assertEquals(47, again().deviceMinor());
    assertEquals(Path.of("/srv/\u00fcber vms"), again().mountpoint());
    assertEquals(2, again().fullSlots());
    assertEquals(3, again().smallSlots());
  }

  @Test
  void theKeeperHoldsItWhenItHasWrittenItsByte() {
    assertFalse(memory.isHeld());
    memory.buffer().put(0, (byte) 'k');
    assertTrue(memory.isHeld());
  }

  @Test
  void aRequestWasExecutedIfItsRecordIsThere() throws IOException {
    new Slot(memory, 0, 9).recorded(17, 5);
    new Slot(memory, 1, 9).recorded(18, 6);
    for (int index = 0; index < 2; index++) {
      Slot slot = new Slot(again(), index, 9);
      assertFalse(slot.wasExecuted());
      slot.settle(17);
      slot.settle(99); // a daemon that died of the takeover had settled it before
      assertEquals(index == 0, slot.wasExecuted());
    }
    assertEquals(5, new Slot(again(), 0, 9).result());
  }

  @Test
  void whatIsExecutedStaysSoUntilTheSlotIsCleared() throws IOException {
    Slot slot = new Slot(memory, 1, 9);
    slot.executed(4096);
    Slot later = new Slot(again(), 1, 9);
    later.settle(0);
    assertTrue(later.wasExecuted());
    assertEquals(4096, later.result());
    assertEquals(0, later.tryAgain());
    assertEquals(1, later.tryAgain());
    later.clear();
    assertFalse(later.wasExecuted());
    assertEquals(0, later.tryAgain());
  }

  @Test
  void theOpenTableIsWhatItsModelIs() throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    Map<Long, List<Object>> model = new HashMap<>();
    Map<Long, Integer> places = new HashMap<>();
    OpenTable table = new OpenTable(memory);
    for (int step = 0; step < 5000; step++) {
      if (random.nextInt(5) < 3 || places.isEmpty()) {
        long handle = 2L * step + 2;
        long node = random.nextLong();
        boolean direct = random.nextBoolean();
        places.put(handle, table.add(handle, node, step, -step, direct));
        model.put(handle, List.of(node, step, -step, direct));
      } else {
        long handle = places.keySet().iterator().next();
        table.remove(places.remove(handle));
        model.remove(handle);
      }
      if (random.nextInt(500) == 0) {
        table = new OpenTable(again());
        Map<Long, List<Object>> found = new HashMap<>();
        table.forEach(
            (place, handle, node, flags, process, direct) -> {
              assertEquals(places.get(handle), place);
              found.put(handle, List.of(node, flags, process, direct));
              return true;
            });
        assertEquals(model, found, "seed " + seed);
      }
    }
  }

  @Test
  void whatIsNotOpenedAgainLeavesTheOpenTable() throws Exception {
    new OpenTable(memory).add(2, 3, 0, 0, false);
    new OpenTable(again()).forEach((place, handle, node, flags, process, direct) -> false);
    new OpenTable(again())
        .forEach(
            (place, handle, node, flags, process, direct) -> {
              throw new AssertionError("still there");
            });
  }

  @Test
  void aFullOpenTableRefuses() throws Exception {
    OpenTable table = new OpenTable(memory);
    for (int i = 0; i < OpenTable.ENTRIES; i++) {
      assertEquals(i, table.add(2L * i + 2, 1, 0, 0, true));
    }
    ErrnoException refused =
        assertThrows(ErrnoException.class, () -> table.add(1L << 40, 1, 0, 0, true));
    assertEquals(Errno.ENFILE, refused.errno());
    table.remove(77);
    assertEquals(77, table.add(1L << 40, 1, 0, 0, true));
  }

  @Test
  void noticesAreOwedUntilAllAreTold() throws IOException {
    byte[] name = "n\u00e4me".getBytes(StandardCharsets.UTF_8);
    OwedNotices owed = new OwedNotices(memory);
    Runnable first = owed.owe(List.of(new Notice(1, name), new Notice(1, null)));
    Runnable second = owed.owe(List.of(new Notice(7, null)));
    first.run();
    OwedNotices later = new OwedNotices(again());
    List<Notice> found = later.earlier();
    assertEquals(List.of(1L, 1L, 7L), found.stream().map(Notice::node).toList());
    assertArrayEquals(name, found.get(0).name());
    second.run();
    assertEquals(List.of(), new OwedNotices(again()).earlier());
  }

  @Test
  void whatFindsNoRoomIsLeftOut() throws IOException {
    OwedNotices owed = new OwedNotices(memory);
    byte[] name = new byte[255];
    List<Notice> many = java.util.Collections.nCopies(100_000, new Notice(1, name));
    Runnable told = owed.owe(many);
    assertTrue(new OwedNotices(again()).earlier().size() > 60_000);
    told.run();
    assertEquals(List.of(), new OwedNotices(again()).earlier());
  }
}
