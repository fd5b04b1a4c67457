package dev.pando.cowstore;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Writes that are followed by an fsync each are told from others. */
final class SyncHabitTest {
  private final SyncHabit habit = new SyncHabit();

  private boolean synced(int writes) {
    boolean expected = false;
    for (int i = 0; i < writes; i++) {
      expected = habit.wrote();
    }
    habit.synced();
    return expected;
  }

  @Test
  void aFileWhoseWritesAreSyncedOneByOneIsNoticed() {
    for (int i = 0; i < 16; i++) {
      assertFalse(synced(1), "after " + i);
    }
    assertTrue(synced(1));
  }

  @Test
  void oneThatIsSyncedNowAndThenIsNot() {
    for (int i = 0; i < 100; i++) {
      assertFalse(synced(4), "after " + i);
    }
  }

  @Test
  void theHabitIsForgottenWhenWritesGoOn() {
    for (int i = 0; i < 16; i++) {
      assertFalse(synced(1));
    }
    int flushed = 0;
    while (habit.wrote()) {
      flushed++;
    }
    assertTrue(flushed <= 40, flushed + " writes");
    assertFalse(habit.wrote());
  }
}
