package dev.pando.tests.bench;

import dev.pando.tests.MountedStore;
import dev.pando.tests.conformance.Posix;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * How a store's figures grow with what is in it: with the number of clones, and with the data that
 * a template maps. The large disks are 1 GiB of data, mapped again and again by copy_file_range(2),
 * so that their maps are as large as they would be, and the disk need not be.
 */
final class Scale {
  private static final long GIBIBYTE = 1L << 30;
  private static final double MILLIS = 1e3;
  private static final int TIMES = 5;

  /** What is measured at each size, in the order of the table's columns. */
  static final List<String> METRICS =
      List.of(
          "mount s",
          "resident MiB",
          "clone ms",
          "readdir ms",
          "list s",
          "tree s",
          "space s",
          "reclaim s");

  private final Path place;
  private final PrintStream out;

  /**
   * @param place a directory on a disk: what is mapped of files in memory would count as resident
   */
  Scale(Path place, PrintStream out) {
    this.place = place;
    this.out = out;
  }

  /** Figures at one size. */
  record Point(long size, Map<String, Double> figures) {}

  /** How figures grow with one thing. */
  record Series(String name, List<Point> points) {}

  List<Series> run(List<Integer> clones, List<Integer> gibibytes) throws IOException {
    return List.of(byClones(clones), byMapped(gibibytes));
  }

  private Series byClones(List<Integer> sizes) throws IOException {
    List<Point> points = new ArrayList<>();
    head("clones");
    try (Ground ground = Ground.in(place, 64)) {
      MountedStore store = ground.store();
      int have = 0;
      for (int size : sizes) {
        String count = Integer.toString(size - have);
        store.pando("clone", ground.template(), "g" + size + "-", "--count", count).succeeded();
        have = size;
        points.add(point(size, store, ground.template()));
      }
    }
    return new Series("clones", points);
  }

  private Series byMapped(List<Integer> sizes) throws IOException {
    List<Point> points = new ArrayList<>();
    head("GiB mapped");
    for (int size : sizes) {
      try (Ground ground = Ground.in(place, 1024)) {
        MountedStore store = ground.store();
        store.pando("clone", ground.template(), "big").succeeded();
        map(ground.clones().disk("big"), size * GIBIBYTE);
        store.pando("freeze", "big").succeeded();
        points.add(point(size, store, "big"));
      }
    }
    return new Series("GiB mapped", points);
  }

  /** Doubles what a disk of 1 GiB maps until it is this large. */
  private static void map(Path disk, long bytes) {
    int fd = Posix.open(disk, Posix.O_RDWR);
    try {
      for (long have = GIBIBYTE; have < bytes; ) {
        long copied = Posix.copyFileRange(fd, 0, fd, have, Math.min(have, bytes - have));
        if (copied <= 0) {
          throw new IllegalStateException("copied " + copied + " bytes at " + have);
        }
        have += copied;
      }
    } finally {
      Posix.close(fd);
    }
  }

  private Point point(long size, MountedStore store, String parent) throws IOException {
    Map<String, Double> figures = new LinkedHashMap<>();
    store.umount();
    figures.put(
        "mount s",
        Timing.seconds(
            () -> {
              store.mount();
              Files.readAttributes(store.mountpoint(), "*");
            }));
    Samples clone = new Samples();
    for (int i = 0; i < TIMES; i++) {
      String name = "extra" + i;
      clone.add(MILLIS * Timing.seconds(() -> store.pando("clone", parent, name).succeeded()));
    }
    figures.put("readdir ms", MILLIS * Timing.seconds(() -> list(store.mountpoint())));
    for (String command : List.of("list", "tree", "space")) {
      figures.put(command + " s", Timing.seconds(() -> store.pando(command).succeeded()));
    }
    figures.put("clone ms", clone.median());
    figures.put("resident MiB", Resident.mebibytes(store));
    figures.put(
        "reclaim s",
        Timing.seconds(
            () -> {
              for (int i = 0; i < TIMES; i++) {
                store.pando("remove", "extra" + i).succeeded();
              }
              store.pando("reclaim").succeeded();
            }));
    Map<String, Double> ordered = new LinkedHashMap<>();
    METRICS.forEach(metric -> ordered.put(metric, figures.get(metric)));
    row(size, ordered);
    return new Point(size, ordered);
  }

  private static void list(Path directory) throws IOException {
    try (Stream<Path> names = Files.list(directory)) {
      long unused = names.count();
    }
  }

  private void head(String what) {
    out.println("\n| " + what + " | " + String.join(" | ", METRICS) + " |");
    out.println("| --- ".repeat(METRICS.size() + 1) + "|");
  }

  private void row(long size, Map<String, Double> figures) {
    StringBuilder row = new StringBuilder("| " + size);
    figures.values().forEach(value -> row.append(" | ").append(Figures.of(value)));
    out.println(row + " |");
  }
}
