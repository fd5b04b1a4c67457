package dev.pando.tests.bench;

import static dev.pando.tests.bench.Target.atLeast;
import static dev.pando.tests.bench.Target.atMost;

import dev.pando.tests.MountedStore;
import dev.pando.tests.Program;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** What an admin does to a store, and what it takes. */
final class StoreWorks {
  private static final double MEBIBYTE = 1 << 20;
  private static final int LONG_SECONDS = 600;
  private static final int MANY = 1000;

  private final Grounds grounds;
  private int made;

  StoreWorks(Grounds grounds) {
    this.grounds = grounds;
  }

  List<Work> all() {
    return List.of(
        Work.named("import", "an image taken into a store on the disk, and durable", "MiB/s")
            .by("P", this::importing)
            .by("cp", this::copying)
            .target(atLeast(0.7, "cp"))
            .build(),
        Work.named("dedupe", "a search in two copies of the parent, with one thread", "MiB/s")
            .by("P", this::dedupe)
            .target(atLeast(300))
            .build(),
        Work.named("scrub", "everything read and verified, from the disk", "MiB/s")
            .by("P", this::scrub)
            .by("N", this::reading)
            .target(atLeast(0.7, "N"))
            .build(),
        Work.named("metadata", "map, free space, inodes and checksums, of what is stored", "%")
            .by("P", this::metadata)
            .target(atMost(0.3))
            .atMostRounds(1)
            .build(),
        Work.named("clone-space", "what an unwritten clone takes, its small files included", "KiB")
            .by("P", this::cloneSpace)
            .target(atMost(64))
            .atMostRounds(1)
            .build());
  }

  private double importing() throws IOException {
    Ground disk = grounds.disk();
    MountedStore store = disk.store();
    String name = "import" + ++made;
    double seconds =
        Timing.seconds(
            () -> {
              store.pando("import", disk.parentDirectory().toString(), name).succeeded();
              disk.settle();
            });
    store.pando("remove", name).succeeded();
    return disk.mebibytes() / seconds;
  }

  private double copying() throws IOException {
    Ground disk = grounds.disk();
    Path copy = disk.directory().resolve("copy");
    double seconds =
        Timing.seconds(
            () -> {
              Program.of("cp", disk.parent().toString(), copy.toString())
                  .within(LONG_SECONDS)
                  .run()
                  .succeeded();
              disk.settle();
            });
    Program.of("rm", copy.toString()).run().succeeded();
    return disk.mebibytes() / seconds;
  }

  /** In a store of its own, that has nothing else to look at. */
  private double dedupe() throws IOException {
    Ground memory = grounds.memory();
    Path place = memory.directory().resolve("dedupe" + ++made);
    try (MountedStore store = MountedStore.showing(place)) {
      store.pando("dedupe", "--off").succeeded();
      for (String name : List.of("one", "two")) {
        store.pando("import", memory.parentDirectory().toString(), name).succeeded();
      }
      store.pando("dedupe", "--on").succeeded();
      double seconds = Timing.seconds(() -> store.pando("dedupe").succeeded());
      long saved = store.json("space").path("savedByDedupeBytes").asLong();
      if (saved < memory.mebibytes() * MEBIBYTE * 0.99) {
        throw new IllegalStateException("only " + saved + " bytes were found equal");
      }
      return 2 * memory.mebibytes() / seconds;
    } finally {
      Program.of("rm", "-rf", place.toString()).run();
    }
  }

  private double scrub() throws IOException {
    Ground disk = grounds.disk();
    MountedStore store = disk.store();
    HostCache.drop();
    long stored = store.json("space").path("storedBytes").asLong();
    long before = HostCache.bytesRead(disk.directory());
    double seconds = Timing.seconds(() -> store.pando("scrub").succeeded());
    HostCache.requireRead(disk.directory(), before, stored);
    return stored / MEBIBYTE / seconds;
  }

  private double reading() throws IOException {
    Ground disk = grounds.disk();
    HostCache.drop();
    long before = HostCache.bytesRead(disk.directory());
    Fio.Did did =
        Fio.once(LONG_SECONDS, "--ioengine=psync", "--rw=read", "--bs=1m", "--direct=0")
            .run(disk.parent(), disk.mebibytes());
    HostCache.requireRead(disk.directory(), before, did.bytes());
    return did.mebibytesASecond();
  }

  private double metadata() throws IOException {
    Ground memory = grounds.memory();
    Subject unused = memory.privateClone();
    MountedStore store = memory.store();
    long mapped = store.json("space").path("storedBytes").asLong();
    return 100.0 * catalogBytes(store) / mapped;
  }

  private double cloneSpace() throws IOException {
    Ground memory = grounds.memory();
    MountedStore store = memory.store();
    long before = usedBytes(store);
    String group = "space" + ++made;
    String count = Integer.toString(MANY);
    store.pando("clone", memory.template(), group, "--count", count).succeeded();
    long after = usedBytes(store);
    store.pando("remove", group, "--count", count).succeeded();
    return (after - before) / 1024.0 / MANY;
  }

  private static long usedBytes(MountedStore store) throws IOException {
    long blocks = store.json("space").path("storedBytes").asLong();
    return blocks + catalogBytes(store);
  }

  /** The pages of the catalog's tables, when what is going on has been committed. */
  private static long catalogBytes(MountedStore store) throws IOException {
    store.pando("reclaim").succeeded(); // it waits for a commit
    String stat =
        Program.of("mdb_stat", "-a", store.store().resolve("catalog").toString())
            .run()
            .succeeded()
            .out();
    return stat.lines()
            .filter(line -> line.matches(" *(Branch|Leaf|Overflow) pages: [0-9]+"))
            .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
            .sum()
        * 4096;
  }
}
