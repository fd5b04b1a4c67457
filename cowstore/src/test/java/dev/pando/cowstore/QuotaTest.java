package dev.pando.cowstore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.cowstore.StoreException.Reason;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** A group of files holds no more of its own than its quota, a store no more than its limit. */
final class QuotaTest {
  private static final int BLOCK = 4096;
  private static final int MIB = 1 << 20;
  private static final long GROUP = 77;

  @TempDir Path directory;
  private CowStore store;
  private Bytes bytes;

  @BeforeEach
  void open() throws StoreException {
    store = CowStore.open(directory, Machine.options());
    bytes = new Bytes(store);
  }

  @AfterEach
  void close() throws StoreException {
    store.close();
  }

  private CowFile create(long group) throws StoreException {
    long id = store.nextNumber();
    store.change().createFile(id, group).apply();
    return store.file(id);
  }

  private static void requireRefused(Reason reason, Executable work) {
    assertEquals(reason, assertThrows(StoreException.class, work).reason());
  }

  private long used() {
    return store.quota(GROUP).usedBytes();
  }

  @Test
  void filesTogetherHoldNoMoreThanTheirQuota() throws Exception {
    store.change().limit(GROUP, MIB).apply();
    CowFile one = create(GROUP);
    CowFile two = create(GROUP);
    CowFile other = create(GROUP + 1);
    bytes.fill(one, 0, MIB / 2, 1);
    bytes.fill(two, 0, MIB / 2, 2);
    assertEquals(MIB, used());
    requireRefused(Reason.QUOTA, () -> bytes.fill(two, MIB / 2, 1, 3));
    requireRefused(Reason.QUOTA, () -> two.reserve(MIB, BLOCK));
    bytes.fill(one, 0, MIB / 2, 4); // what it has may be overwritten
    bytes.fill(other, 0, MIB, 5);
    one.unmap(0, BLOCK);
    two.reserve(MIB, BLOCK);
    requireRefused(Reason.QUOTA, () -> bytes.fill(one, 0, 1, 3));
    bytes.fill(two, MIB, BLOCK, 6); // what is reserved is counted already
    store.change().removeFile(one).apply();
    assertEquals(MIB / 2 + BLOCK, used());
    bytes.fill(two, 0, BLOCK, 7);
    requireCheckFindsNothing();
  }

  @Test
  void whatIsSharedDoesNotCountAndWhatIsOverwrittenOfItDoes() throws Exception {
    CowFile parent = create(1);
    bytes.fill(parent, 0, 4 * MIB, 1);
    store.change().freeze(parent).apply();
    store.change().limit(GROUP, MIB).apply();
    long id = store.nextNumber();
    store.change().fork(parent, id, GROUP).apply();
    CowFile clone = store.file(id);
    assertEquals(0, used());
    bytes.fill(clone, 0, MIB, 2);
    assertEquals(MIB, used());
    requireRefused(Reason.QUOTA, () -> bytes.fill(clone, 2 * MIB, BLOCK, 2));
    bytes.requireFilled(clone, 2 * MIB, BLOCK, 1);
    requireCheckFindsNothing();
  }

  @Test
  void whatARangeCopySharedMayBeOverwrittenAtTheLimit() throws Exception {
    store.change().limit(GROUP, MIB).apply();
    CowFile file = create(GROUP);
    bytes.fill(file, 0, MIB, 1);
    CowFile copy = create(1);
    file.copyRange(0, copy, BLOCK, MIB / 2);
    bytes.fill(file, 0, MIB, 2);
    bytes.requireFilled(copy, BLOCK, MIB / 2, 1);
    assertEquals(MIB, used());
    requireCheckFindsNothing();
  }

  @Test
  void aQuotaCountsTheFilesThatAreThereAndSurvives() throws Exception {
    CowFile file = create(1);
    bytes.fill(file, 0, MIB, 1);
    store.change().limit(GROUP, 2 * MIB).count(file, GROUP).apply();
    assertEquals(MIB, used());
    assertEquals(GROUP, file.quotaGroup());
    long id = file.id();
    store.close();
    open();
    assertEquals(new Quota(2 * MIB, MIB), store.quota(GROUP));
    CowFile again = store.file(id);
    bytes.fill(again, MIB, MIB, 2);
    store.abandon();
    open();
    assertEquals(2 * MIB, used());
    requireRefused(Reason.QUOTA, () -> bytes.fill(store.file(id), 2 * MIB, BLOCK, 2));
    store.change().limit(GROUP, Quota.NONE).apply();
    bytes.fill(store.file(id), 2 * MIB, MIB, 2);
    assertEquals(new Quota(Quota.NONE, 3 * MIB), store.quota(GROUP));
    store.change().limit(GROUP, MIB).apply(); // less than there is
    requireRefused(Reason.QUOTA, () -> bytes.fill(store.file(id), 3 * MIB, BLOCK, 2));
    store.change().count(store.file(id), 1).apply();
    assertEquals(0, used());
    requireCheckFindsNothing();
  }

  @Test
  void manyWritersTogetherStayWithinTheQuotaAndCanUseItUp() throws Exception {
    int writers = 8;
    store.change().limit(GROUP, 4 * MIB).apply();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < writers; i++) {
      CowFile file = create(GROUP);
      Thread thread =
          new Thread(
              () -> {
                Bytes own = new Bytes(store);
                for (int block = 0; block < 4 * MIB / BLOCK; block++) {
                  try {
                    own.fill(file, (long) block * BLOCK, BLOCK, 1);
                  } catch (StoreException full) {
                    assertEquals(Reason.QUOTA, full.reason());
                    return;
                  }
                  assertTrue(used() <= 4 * MIB);
                }
              });
      threads.add(thread);
      thread.start();
    }
    for (Thread thread : threads) {
      thread.join();
    }
    // one may have been refused while another's charge was not counted yet
    assertTrue(used() > 4 * MIB - writers * BLOCK && used() <= 4 * MIB, "used " + used());
    requireCheckFindsNothing();
  }

  @Test
  void whatIsCountedIsTheSumOfWhatFilesHave() throws Exception {
    long seed = Long.getLong("pando.test.seed", System.nanoTime());
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    store.change().limit(GROUP, 64L * MIB).apply();
    List<CowFile> files = new ArrayList<>(List.of(create(GROUP)));
    for (int step = 0; step < 400; step++) {
      CowFile file = files.get(random.nextInt(files.size()));
      long at = (long) random.nextInt(600) * BLOCK / 2;
      int length = 1 + random.nextInt(60 * BLOCK);
      switch (random.nextInt(9)) {
        case 0, 1, 2 -> bytes.fill(file, at, length, random.nextInt(4));
        case 3 -> file.unmap(at, length);
        case 4 -> file.resize(at);
        case 5 -> file.reserve(at, length);
        case 6 -> {
          long id = store.nextNumber();
          store.change().fork(file, id, GROUP + random.nextInt(2)).apply();
          files.add(store.file(id));
        }
        case 7 -> {
          if (files.size() > 2) {
            files.remove(file);
            store.change().removeFile(file).apply();
          }
        }
        default -> file.copyRange(at, files.get(random.nextInt(files.size())), at, length & -BLOCK);
      }
      if (step % 50 == 49) {
        store.reclaim(); // epochs are joined
        long sum = 0;
        for (CowFile each : files) {
          sum += each.quotaGroup() == GROUP ? each.privateBytes() : 0;
        }
        assertEquals(sum, used(), "step " + step);
      }
    }
    requireCheckFindsNothing();
  }

  @Test
  void aStoreTakesNoMoreOnTheHostThanItsLimit() throws Exception {
    CowFile file = create(1);
    bytes.fill(file, 0, MIB, 1);
    long taken = store.stats().metadataBytes() + store.stats().storedBytes();
    store.limit(taken + 8L * MIB);
    long available = store.stats().availableBytes();
    assertTrue(available <= 8L * MIB && available > 6L * MIB, "available " + available);
    requireRefused(Reason.FULL, () -> bytes.fill(file, MIB, 16L * MIB, 1));
    requireRefused(Reason.FULL, () -> file.reserve(0, 64L * MIB));
    assertTrue(
        store.stats().metadataBytes() + store.stats().storedBytes() <= taken + 8L * MIB,
        "more than its limit");
    bytes.fill(file, 0, MIB, 2);
    file.resize(MIB);
    store.reclaim();
    bytes.fill(file, MIB, 4L * MIB, 1);
    store.limit(Quota.NONE);
    bytes.fill(file, MIB, 16L * MIB, 1);
    assertTrue(store.stats().capacityBytes() > 64L * MIB);
    requireCheckFindsNothing();
  }

  @Test
  void anEndedQuotaIsForgotten() throws Exception {
    store.change().limit(GROUP, MIB).apply();
    assertTrue(store.hasQuotas());
    store.change().endQuota(GROUP).apply();
    assertFalse(store.hasQuotas());
    store.close();
    open();
    assertFalse(store.hasQuotas());
  }

  private void requireCheckFindsNothing() throws StoreException {
    store.close();
    CheckReport report = CowStore.checkClosed(directory, false);
    assertEquals(List.of(), report.damage());
    assertEquals(List.of(), report.inaccuracies());
    open();
  }
}
