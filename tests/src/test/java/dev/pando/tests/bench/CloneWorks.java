package dev.pando.tests.bench;

import static dev.pando.tests.bench.Target.atMost;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.daemon.control.ControlClient;
import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.Progress;
import dev.pando.tests.MountedStore;
import dev.pando.tests.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/**
 * How long commands take, and those who wait for them. Single clones are asked of the daemon over
 * its socket, as a command does; what a command takes besides is a work of its own.
 */
final class CloneWorks {
  private static final int CLONES = 20;
  private static final double MILLIS = 1e3;
  private static final long TEBIBYTE = 1L << 40;
  private static final int LOAD_SECONDS = 6;
  private static final int PAUSE_MILLIS = 100;

  private final Grounds grounds;
  private int made;

  CloneWorks(Grounds grounds) {
    this.grounds = grounds;
  }

  List<Work> all() {
    return List.of(
        Work.named("clone", "a linked clone of a VM with a sparse disk of 1 TiB", "ms")
            .by("P", () -> clones(big()))
            .by("small", () -> clones(grounds.memory().template()))
            .target(atMost(5))
            .target(atMost(1.5, "small"))
            .build(),
        Work.named("clone-loaded", "a linked clone of a VM that writes at depth 16", "ms")
            .by("P", () -> whileWriting(16).cloneMillis())
            .target(atMost(20))
            .build(),
        Work.named("clone-pause", "a VM's longest wait for a write while it is cloned", "ms")
            .by("P", () -> whileWriting(1).pauseMillis())
            .by("before", () -> whileWriting(1).waitMillis())
            .target(atMost(2))
            .build(),
        Work.named("clone-1000", "1,000 linked clones, asked of the daemon at once", "s")
            .by("P", this::thousand)
            .target(atMost(1.5))
            .build(),
        Work.named("command", "pando list as a process", "s")
            .by("P", this::command)
            .target(atMost(0.35))
            .build());
  }

  /** A template with a sparse disk of 1 TiB. */
  private String big() throws IOException {
    MountedStore store = grounds.memory().store();
    Path vm = grounds.memory().directory().resolve("big");
    if (Files.notExists(vm)) {
      Files.createDirectory(vm);
      Path image = Ground.describe(vm, "big", TEBIBYTE);
      Program.of("truncate", "-s", Long.toString(TEBIBYTE), image.toString()).run().succeeded();
      store.pando("import", vm.toString(), "big").succeeded();
      store.pando("freeze", "big").succeeded();
    }
    return "big";
  }

  /** The median of some. */
  private double clones(String parent) throws IOException {
    MountedStore store = grounds.memory().store();
    Samples millis = new Samples();
    try (ControlClient daemon = store.connect()) {
      for (int i = 0; i < CLONES; i++) {
        millis.add(cloneMillis(daemon, parent, "c" + ++made));
      }
    }
    for (int i = 0; i < CLONES; i++) {
      store.pando("remove", "c" + (made - i)).succeeded();
    }
    return millis.median();
  }

  private static double cloneMillis(ControlClient daemon, String parent, String name)
      throws IOException {
    ObjectNode parameters = JsonNodeFactory.instance.objectNode().put("source", parent);
    parameters.putArray("names").add(name);
    return MILLIS
        * Timing.seconds(
            () -> {
              try {
                JsonNode unused = daemon.call("clone", parameters, Progress.IGNORED);
              } catch (ControlException e) {
                throw new IOException(e);
              }
            });
  }

  private double thousand() throws IOException {
    MountedStore store = grounds.memory().store();
    String template = grounds.memory().template();
    String name = "g" + ++made;
    double seconds =
        Timing.seconds(() -> store.pando("clone", template, name, "--count", "1000").succeeded());
    store.pando("remove", name, "--count", "1000").succeeded();
    return seconds;
  }

  private double command() throws IOException {
    MountedStore store = grounds.memory().store();
    return Timing.seconds(() -> store.command("list").run().succeeded());
  }

  /**
   * Medians.
   *
   * @param cloneMillis what it took to clone
   * @param pauseMillis the longest write beside a clone
   * @param waitMillis the longest write in as long a time before
   */
  private record Loaded(double cloneMillis, double pauseMillis, double waitMillis) {}

  /** Clones a VM while fio writes to it at this depth. */
  private Loaded whileWriting(int depth) throws IOException {
    MountedStore store = grounds.memory().store();
    Path log = grounds.memory().directory().resolve("fio" + ++made);
    try (Subject running = grounds.memory().clones().fresh(grounds.memory().template())) {
      String vm = running.file().getParent().getFileName().toString();
      Process fio =
          Program.of(
                  Fio.lasting(
                          LOAD_SECONDS,
                          "--ioengine=libaio",
                          "--iodepth=" + depth,
                          "--rw=randwrite",
                          "--bs=4k",
                          "--direct=1",
                          "--log_unix_epoch=1",
                          "--write_lat_log=" + log)
                      .command(running.file(), grounds.mebibytes()))
              .start();
      List<long[]> times = new ArrayList<>();
      List<long[]> before = new ArrayList<>();
      Samples millis = new Samples();
      try (ControlClient daemon = store.connect()) {
        sleep(10 * PAUSE_MILLIS);
        while (fio.isAlive() && times.size() < CLONES) {
          String name = vm + "c" + times.size();
          long from = System.currentTimeMillis();
          millis.add(cloneMillis(daemon, vm, name));
          long to = System.currentTimeMillis();
          times.add(new long[] {from, to});
          before.add(new long[] {Math.max(from - PAUSE_MILLIS, 2 * from - to), from});
          sleep(PAUSE_MILLIS);
        }
      } finally {
        fio.onExit().join();
      }
      if (fio.exitValue() != 0) {
        throw new IllegalStateException("fio ended with " + fio.exitValue());
      }
      for (int i = 0; i < times.size(); i++) {
        store.pando("remove", vm + "c" + i).succeeded();
      }
      return new Loaded(
          millis.median(), longest(log, times).median(), longest(log, before).median());
    }
  }

  /** The longest request that ended during each of the times. */
  private static Samples longest(Path log, List<long[]> times) throws IOException {
    TreeMap<Long, Long> nanosByMilli = new TreeMap<>();
    for (String line : Files.readAllLines(log.resolveSibling(log.getFileName() + "_clat.1.log"))) {
      String[] fields = line.split(", *", -1);
      nanosByMilli.merge(Long.parseLong(fields[0]), Long.parseLong(fields[1]), Math::max);
    }
    Samples longest = new Samples();
    for (long[] time : times) {
      nanosByMilli.subMap(time[0], true, time[1], true).values().stream()
          .max(Long::compare)
          .ifPresent(nanos -> longest.add(nanos / 1e6));
    }
    return longest;
  }

  private static void sleep(int millis) throws IOException {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }
}
