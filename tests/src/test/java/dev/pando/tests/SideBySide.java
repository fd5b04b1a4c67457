package dev.pando.tests;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Things that have nothing to do with each other and take long, such as guests that boot. */
final class SideBySide {
  private SideBySide() {}

  /** Does all of them, and returns what each returns when all have ended; fails if one does. */
  static <T> List<T> all(List<Callable<T>> tasks) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(tasks.size());
    try {
      List<T> results = new ArrayList<>();
      for (Future<T> task : threads.invokeAll(tasks)) {
        results.add(task.get());
      }
      return results;
    } finally {
      threads.shutdownNow();
    }
  }
}
