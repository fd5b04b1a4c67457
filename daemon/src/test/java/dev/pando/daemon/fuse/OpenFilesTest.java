package dev.pando.daemon.fuse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.OpenFile;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class OpenFilesTest {
  @Test
  void itAnswersAsAMapWould() throws ErrnoException {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    OpenFiles files = new OpenFiles();
    Map<Long, OpenFile> model = new HashMap<>();
    List<Long> numbers = new ArrayList<>();
    for (int step = 0; step < 100_000; step++) {
      if (random.nextInt(100) < 52 || numbers.isEmpty()) {
        long number = 2L * (step + 1);
        OpenFile file = new BlankFile(number);
        files.add(new Handle(number, file));
        model.put(number, file);
        numbers.add(number);
      } else {
        int index = random.nextInt(numbers.size());
        long number = numbers.get(index);
        numbers.set(index, numbers.get(numbers.size() - 1));
        numbers.remove(numbers.size() - 1);
        assertSame(model.remove(number), files.remove(number).file(), "seed " + seed);
        assertThrows(ErrnoException.class, () -> files.get(number), "seed " + seed);
      }
      assertEquals(model.size(), files.count(), "seed " + seed);
    }
    for (Map.Entry<Long, OpenFile> entry : model.entrySet()) {
      assertSame(entry.getValue(), files.get(entry.getKey()).file(), "seed " + seed);
    }
  }

  @Test
  void whatIsOpenIsFoundWhateverOpensAndClosesBesideIt() throws Exception {
    OpenFiles files = new OpenFiles();
    files.add(new Handle(1L << 40, new BlankFile(1)));
    AtomicBoolean stop = new AtomicBoolean();
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Thread reader =
        new Thread(
            () -> {
              try {
                while (!stop.get()) {
                  assertEquals(1, files.get(1L << 40).file().node());
                }
              } catch (ErrnoException | AssertionError failed) {
                failure.set(failed);
              }
            });
    reader.start();
    for (long number = 2; number < 400_000; number += 2) {
      files.add(new Handle(number, new BlankFile(number)));
      if (number > 2000) {
        OpenFile closed = files.remove(number - 2000).file();
        assertEquals(number - 2000, closed.node());
      }
    }
    stop.set(true);
    reader.join();
    assertNull(failure.get());
  }

  @Test
  void atTheEndAllThatIsOpenIsReleasedOnce() {
    OpenFiles files = new OpenFiles();
    AtomicInteger released = new AtomicInteger();
    for (long number = 2; number <= 200; number += 2) {
      files.add(
          new Handle(
              number,
              new BlankFile(number) {
                @Override
                public void release() {
                  released.incrementAndGet();
                }
              }));
    }
    files.releaseAll();
    files.releaseAll();
    assertEquals(100, released.get());
    assertEquals(0, files.count());
  }

  @Test
  void theNumberOfNoFileIsNotFound() {
    OpenFiles files = new OpenFiles();
    assertThrows(ErrnoException.class, () -> files.get(0));
    assertThrows(ErrnoException.class, () -> files.get(-1));
    assertThrows(ErrnoException.class, () -> files.remove(42));
  }
}
