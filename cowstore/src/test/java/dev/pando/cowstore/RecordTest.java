package dev.pando.cowstore;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The records of the layer above: an ordered map that shows every applied Change at once. */
final class RecordTest {
  private static final int LARGEST_KEY_BYTES = 480;
  private static final int LARGEST_VALUE_BYTES = 1 << 20;

  @TempDir Path directory;
  private CowStore store;

  @BeforeEach
  void open() throws StoreException {
    store = CowStore.open(directory, Machine.options().withJournalBytes(8 << 20));
  }

  @AfterEach
  void close() throws StoreException {
    store.close();
  }

  @Test
  void aScanMergesWhatIsCommittedWithWhatIsNot() throws Exception {
    put("a", "b", "c", "d");
    store.commit();
    store.change().remove(bytes("b")).put(bytes("bb"), bytes("new")).apply();
    store.change().put(bytes("c"), bytes("changed")).remove(bytes("d")).apply();
    assertEquals(List.of("a=a", "bb=new", "c=changed"), scan("a", "z", 10));
    store.commit();
    assertEquals(List.of("a=a", "bb=new", "c=changed"), scan("a", "z", 10));
  }

  @Test
  void aScanTakesTheFirstKeyAndLeavesTheLast() throws Exception {
    put("a", "b", "c");
    store.commit();
    put("d");
    assertEquals(List.of("b=b", "c=c"), scan("b", "d", 10));
    assertEquals(List.of(), scan("b", "b", 10));
  }

  @Test
  void aScanEndsWhenItsVisitorHasEnough() throws Exception {
    put("a", "b", "c");
    assertEquals(List.of("a=a", "b=b"), scan("a", "z", 2));
  }

  @Test
  void keysAreOrderedAsUnsignedBytes() throws Exception {
    byte[][] keys = {{1}, {1, 0}, {1, 127}, {1, -128}, {1, -1}, {2}};
    Change change = store.change();
    for (byte[] key : keys) {
      change.put(key, key);
    }
    change.apply();
    List<byte[]> order = new ArrayList<>();
    store.scan(
        new byte[] {1},
        new byte[] {3},
        (key, value) -> {
          order.add(key);
          return true;
        });
    assertArrayEquals(keys, order.toArray());
  }

  @Test
  void theLargestRecordSurvivesAKill() throws Exception {
    byte[] key = new byte[LARGEST_KEY_BYTES];
    byte[] value = new byte[LARGEST_VALUE_BYTES];
    Arrays.fill(key, (byte) 0xfe);
    Arrays.fill(value, (byte) 7);
    store.change().put(key, value).apply();
    store.abandon();
    open();
    assertArrayEquals(value, store.record(key));
    store.change().remove(key).apply();
    assertNull(store.record(key));
    store.abandon();
    open();
    assertNull(store.record(key));
  }

  @Test
  void anEmptyValueIsNotAMissingRecord() throws Exception {
    store.change().put(bytes("k"), new byte[0]).apply();
    assertArrayEquals(new byte[0], store.record(bytes("k")));
    store.commit();
    assertArrayEquals(new byte[0], store.record(bytes("k")));
  }

  private void put(String... keys) throws StoreException {
    Change change = store.change();
    for (String key : keys) {
      change.put(bytes(key), bytes(key));
    }
    change.apply();
  }

  private List<String> scan(String from, String to, int most) throws StoreException {
    List<String> found = new ArrayList<>();
    store.scan(
        bytes(from),
        bytes(to),
        (key, value) -> {
          found.add(text(key) + "=" + text(value));
          return found.size() < most;
        });
    return found;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
