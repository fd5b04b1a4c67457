package dev.pando.tests.bench;

import dev.pando.daemon.host.ProcessFiles;
import dev.pando.tests.MountedStore;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * What a daemon's memory does with time: many clones are mounted, and then, over and over, a clone
 * is made, read and written at a steady rate by block and through the host's page cache, and
 * removed; a group of clones comes and goes, and what there is is listed. A row at least each five
 * minutes.
 */
final class Endurance {
  private static final int MEBIBYTES = 256;
  private static final int BLOCK_SECONDS = 20;
  private static final int CACHED_SECONDS = 5;
  private static final int RATE = 8_000;
  private static final String GROUP = "200";
  private static final int ROW_MINUTES = 5;

  private final Path place;
  private final PrintStream out;

  /**
   * @param place a directory on a disk: what is mapped of files in memory would count as resident
   */
  Endurance(Path place, PrintStream out) {
    this.place = place;
    this.out = out;
  }

  /** Prints what is resident before the load, while it lasts, and two minutes after it. */
  void run(int clones, int minutes) throws IOException {
    try (Ground ground = Ground.in(place, MEBIBYTES)) {
      MountedStore store = ground.store();
      store
          .pando("clone", ground.template(), "vm-", "--count", Integer.toString(clones))
          .succeeded();
      store.umount();
      store.mount();
      out.printf("%n| minutes, %d clones | resident MiB | descriptors |%n", clones);
      out.println("| --- | --- | --- |");
      row("0", store);
      long start = System.nanoTime();
      for (long row = 0, passed = 0; passed < minutes; passed = minutesSince(start)) {
        turn(ground);
        if (minutesSince(start) >= row + ROW_MINUTES) {
          row = minutesSince(start);
          row(Long.toString(row), store);
        }
      }
      rest();
      row("2 more, idle", store);
    }
  }

  private static long minutesSince(long start) {
    return TimeUnit.NANOSECONDS.toMinutes(System.nanoTime() - start);
  }

  private static void turn(Ground ground) throws IOException {
    MountedStore store = ground.store();
    try (Subject clone = ground.clones().fresh(ground.template())) {
      Fio.lasting(
              BLOCK_SECONDS,
              "--ioengine=libaio",
              "--iodepth=16",
              "--rw=randrw",
              "--bs=4k",
              "--direct=1",
              "--rate_iops=" + RATE / 2)
          .run(clone.file(), MEBIBYTES);
      Fio.lasting(CACHED_SECONDS, "--ioengine=psync", "--rw=rw", "--bs=64k", "--rate=50m")
          .run(clone.file(), MEBIBYTES);
    }
    store.pando("clone", ground.template(), "group-", "--count", GROUP).succeeded();
    store.pando("list").succeeded();
    store.pando("remove", "group-", "--count", GROUP).succeeded();
  }

  private static void rest() throws IOException {
    try {
      TimeUnit.MINUTES.sleep(2);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  private void row(String when, MountedStore store) throws IOException {
    int open = ProcessFiles.of(store.daemon().pid()).links("fd").size();
    out.printf("| %s | %s | %d |%n", when, Figures.of(Resident.mebibytes(store)), open);
  }
}
