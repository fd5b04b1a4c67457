package dev.pando.tests.bench;

import static dev.pando.tests.bench.Target.atLeast;

import dev.pando.tests.Program;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a guest does to its disk, by fio and by {@code qemu-img bench}. */
final class DiskWorks {
  private static final String[] RANDOM_READ_16 = {
    "--ioengine=libaio", "--iodepth=16", "--rw=randread", "--bs=4k", "--direct=1"
  };
  private static final String[] RANDOM_READ_1 = {
    "--ioengine=psync", "--rw=randread", "--bs=4k", "--direct=1"
  };
  private static final String[] RANDOM_WRITE_16 = {
    "--ioengine=libaio", "--iodepth=16", "--rw=randwrite", "--bs=4k", "--direct=1"
  };
  private static final String[] READ_1M = {
    "--ioengine=psync", "--rw=read", "--bs=1m", "--direct=1"
  };
  private static final String[] WRITE_1M = {
    "--ioengine=psync", "--rw=write", "--bs=1m", "--direct=1"
  };
  private static final String[] SYNCED_WRITE = {
    "--ioengine=psync", "--rw=randwrite", "--bs=4k", "--direct=1", "--fdatasync=1"
  };

  private static final int CHAIN = 64;
  private static final double MOST_FROM_DISK = 0.1;
  private static final int NEIGHBOUR_MEBIBYTES = 100;
  private static final Pattern SECONDS = Pattern.compile("Run completed in ([0-9.]+) seconds");
  private static final int IMAGE_REQUESTS_A_SECOND = 20_000;

  private final Grounds grounds;
  private final int seconds;

  DiskWorks(Grounds grounds, int seconds) {
    this.grounds = grounds;
    this.seconds = seconds;
  }

  List<Work> all() {
    List<Work> works = new ArrayList<>();
    works.addAll(reads());
    works.addAll(writes());
    works.addAll(syncs());
    works.addAll(buffered());
    works.addAll(images());
    return works;
  }

  private List<Work> reads() {
    return List.of(
        Work.named("hot-read", "random read 4 KiB, depth 16", "IOPS")
            .by("P", () -> iops(memory().sharedClone(), RANDOM_READ_16))
            .by("T", () -> iops(memory().served(), RANDOM_READ_16))
            .by("Q", () -> iops(memory().sharedExport(), RANDOM_READ_16))
            .target(atLeast(0.85, "T"))
            .target(atLeast(4, "Q"))
            .build(),
        Work.named("hot-read-1", "random read 4 KiB, depth 1", "IOPS")
            .by("P", () -> iops(memory().sharedClone(), RANDOM_READ_1))
            .by("T", () -> iops(memory().served(), RANDOM_READ_1))
            .by("Q", () -> iops(memory().sharedExport(), RANDOM_READ_1))
            .target(atLeast(0.9, "T"))
            .target(atLeast(1.5, "Q"))
            .build(),
        Work.named("deep-read", "hot-read of the last of 64 clones of each other", "IOPS")
            .by("P", this::deepReads)
            .by("first", () -> iops(memory().sharedClone(), RANDOM_READ_16))
            .target(atLeast(0.95, "first"))
            .build(),
        Work.named("seq-read", "read 1 MiB", "MiB/s")
            .by("P", () -> rate(memory().sharedClone(), READ_1M))
            .by("T", () -> rate(memory().served(), READ_1M))
            .by("Q", () -> rate(memory().sharedExport(), READ_1M))
            .target(atLeast(0.85, "T"))
            .target(atLeast(2.5, "Q"))
            .build(),
        Work.named("cold-read", "random read 4 KiB, depth 16, from the disk", "IOPS")
            .by("P", () -> cold(disk().sharedClone()))
            .by("T", () -> cold(disk().served()))
            .by("N", () -> cold(disk().plain()))
            .target(atLeast(0.85, "N"))
            .build());
  }

  private List<Work> writes() {
    return List.of(
        Work.named("first-write", "random write 4 KiB, depth 16, to shared blocks", "IOPS")
            .by("P", () -> firstWrites(memory(), memory().clones().fresh(memory().template())))
            .by("private", () -> once(memory().privateClone()))
            .by("Q", () -> firstWrites(memory(), memory().overlays().exported()))
            .target(atLeast(0.6, "private"))
            .target(atLeast(10, "Q"))
            .build(),
        Work.named("first-write-disk", "first-write with the store on the disk", "IOPS")
            .by("P", () -> firstWrites(disk(), disk().clones().fresh(disk().template())))
            .by("X", () -> firstWrites(disk(), disk().reflinks().fresh()))
            .target(atLeast(3, "X"))
            .build(),
        Work.named("first-write-flushed", "the same, and an fsync at the end", "IOPS")
            .by("P", () -> flushedFirstWrites(disk().clones().fresh(disk().template())))
            .by("X", () -> flushedFirstWrites(disk().reflinks().fresh()))
            .target(atLeast(1, "X"))
            .build(),
        Work.named("overwrite", "random write 4 KiB, depth 16, to private blocks", "IOPS")
            .by("P", () -> iops(memory().privateClone(), RANDOM_WRITE_16))
            .by("T", () -> iops(memory().served(), RANDOM_WRITE_16))
            .by("Q", () -> iops(memory().privateExport(), RANDOM_WRITE_16))
            .target(atLeast(0.85, "T"))
            .build(),
        Work.named("seq-write", "write 1 MiB, to shared blocks first", "MiB/s")
            .by("P", () -> freshRate(memory().clones().fresh(memory().template())))
            .by("T", () -> freshRate(memory().emptied()))
            .by("Q", () -> freshRate(memory().overlays().exported()))
            .target(atLeast(0.8, "T"))
            .target(atLeast(3, "Q"))
            .build());
  }

  private List<Work> syncs() {
    return List.of(
        Work.named("synced-write", "overwrite 4 KiB and fdatasync, one job", "IOPS")
            .by("P", () -> iops(disk().privateClone(), SYNCED_WRITE))
            .by("T", () -> iops(disk().served(), SYNCED_WRITE))
            .by("N", () -> iops(disk().plain(), SYNCED_WRITE))
            .target(atLeast(0.8, "N"))
            .build(),
        Work.named("synced-write-4", "overwrite 4 KiB and fdatasync, four jobs", "IOPS")
            .by("P", () -> iops(disk().privateClone(), and(SYNCED_WRITE, "--numjobs=4")))
            .by("T", () -> iops(disk().served(), and(SYNCED_WRITE, "--numjobs=4")))
            .by("N", () -> iops(disk().plain(), and(SYNCED_WRITE, "--numjobs=4")))
            .target(atLeast(0.8, "N"))
            .build(),
        Work.named("synced-first", "first write 4 KiB and fdatasync, one job", "IOPS")
            .by("P", () -> freshIops(disk().clones().fresh(disk().template())))
            .by("X", () -> freshIops(disk().reflinks().fresh()))
            .target(atLeast(1.5, "X"))
            .build(),
        Work.named("synced-beside", "synced-write beside a clone that writes 100 MB/s", "IOPS")
            .by("P", this::besideANeighbour)
            .by("alone", () -> iops(disk().privateClone(), SYNCED_WRITE))
            .target(atLeast(0.7, "alone"))
            .build());
  }

  private List<Work> buffered() {
    String[] read = {"--ioengine=psync", "--rw=read", "--bs=128k", "--direct=0"};
    String[] again = and(read, "--invalidate=0"); // or fio drops what is cached of N, not of P
    String[] write = {"--ioengine=psync", "--rw=write", "--bs=4k", "--direct=0"};
    return List.of(
        Work.named("buffered-read", "read 128 KiB, buffered", "MiB/s")
            .by("P", () -> rate(memory().sharedClone(), read))
            .by("T", () -> rate(memory().served(), read))
            .target(atLeast(0.8, "T"))
            .build(),
        Work.named("buffered-write", "write 4 KiB, buffered", "MiB/s")
            .by("P", () -> rate(memory().privateClone(), write))
            .by("T", () -> rate(memory().served(), write))
            .target(atLeast(0.8, "T"))
            .build(),
        Work.named("re-read", "read 128 KiB again, buffered, from memory", "MiB/s")
            .by("P", () -> fromMemory(disk().sharedClone(), again))
            .by("N", () -> fromMemory(disk().plain(), again))
            .target(atLeast(0.5, "N"))
            .build());
  }

  private List<Work> images() {
    return List.of(
        Work.named("image-read", "qemu-img bench, 4 KiB in order, depth 16", "IOPS")
            .by("P", () -> image(memory().sharedClone(), "raw"))
            .by("T", () -> image(memory().served(), "raw"))
            .by("I", () -> image(memory().kept("I", memory().overlays()::fresh), "qcow2"))
            .target(atLeast(0.85, "T"))
            .build(),
        Work.named("image-write", "qemu-img bench, first writes 4 KiB in order, depth 16", "IOPS")
            .by("P", () -> firstImage(memory().clones().fresh(memory().template()), "raw"))
            .by("T", () -> firstImage(memory().emptied(), "raw"))
            .by("I", () -> firstImage(memory().overlays().fresh(), "qcow2"))
            .target(atLeast(0.85, "T"))
            .build());
  }

  // ---- measurements ---------------------------------------------------------------------------

  private Ground memory() throws IOException {
    return grounds.memory();
  }

  private Ground disk() throws IOException {
    return grounds.disk();
  }

  private double iops(Subject subject, String... options) throws IOException {
    return direct(subject.file(), Fio.lasting(seconds, options)).operationsASecond();
  }

  private double rate(Subject subject, String... options) throws IOException {
    return direct(subject.file(), Fio.lasting(seconds, options)).mebibytesASecond();
  }

  /** Runs it; the mount's file must not be in the host's page cache after it. */
  private Fio.Did direct(Path file, Fio fio) throws IOException {
    Fio.Did did = fio.run(file, grounds.mebibytes());
    if (Files.getFileStore(file).type().startsWith("fuse") && HostCache.cachedBytes(file) > 0) {
      throw new IllegalStateException(file + " is cached: this was not direct");
    }
    return did;
  }

  private double once(Subject subject) throws IOException {
    return direct(subject.file(), Fio.once(seconds, RANDOM_WRITE_16)).operationsASecond();
  }

  private double flushedFirstWrites(Subject fresh) throws IOException {
    try (fresh) {
      disk().settle();
      grounds.bringMemory();
      return direct(fresh.file(), Fio.once(seconds, and(RANDOM_WRITE_16, "--end_fsync=1")))
          .operationsASecond();
    }
  }

  private double firstWrites(Ground ground, Subject fresh) throws IOException {
    try (fresh) {
      ground.settle(); // what another has left to write is not for this one to wait for
      grounds.bringMemory();
      return once(fresh);
    }
  }

  private double freshRate(Subject fresh) throws IOException {
    try (fresh) {
      grounds.bringMemory();
      return direct(fresh.file(), Fio.once(seconds, WRITE_1M)).mebibytesASecond();
    }
  }

  private double freshIops(Subject fresh) throws IOException {
    try (fresh) {
      grounds.bringMemory();
      return direct(fresh.file(), Fio.once(seconds, SYNCED_WRITE)).operationsASecond();
    }
  }

  private double deepReads() throws IOException {
    try (Subject last = memory().clones().chain(memory().template(), CHAIN)) {
      return iops(last, RANDOM_READ_16);
    }
  }

  /** Each block once, so that none is there already; that the disk was read is verified. */
  private double cold(Subject subject) throws IOException {
    HostCache.drop();
    long before = HostCache.bytesRead(disk().directory());
    Fio.Did did = direct(subject.file(), Fio.once(seconds, RANDOM_READ_16));
    HostCache.requireRead(disk().directory(), before, did.bytes());
    return did.operationsASecond();
  }

  /** After it was read once; that the disk was not read is verified. */
  private double fromMemory(Subject subject, String... options) throws IOException {
    Fio.Did unused = Fio.once(seconds, options).run(subject.file(), grounds.mebibytes());
    long before = HostCache.bytesRead(disk().directory());
    Fio.Did did = Fio.lasting(seconds, options).run(subject.file(), grounds.mebibytes());
    long read = HostCache.bytesRead(disk().directory()) - before;
    if (read > did.bytes() * MOST_FROM_DISK) {
      throw new IllegalStateException(
          "of " + did.bytes() + " bytes " + read + " came from the disk");
    }
    return did.mebibytesASecond();
  }

  /** The neighbour begins before and ends after; that it wrote as it should is verified. */
  private double besideANeighbour() throws IOException {
    try (Subject neighbour = disk().clones().fresh(disk().template())) {
      Fio fio =
          Fio.lasting(
              seconds + 2,
              "--ioengine=psync",
              "--rw=write",
              "--bs=1m",
              "--direct=1",
              "--rate=" + NEIGHBOUR_MEBIBYTES + "m");
      CompletableFuture<Fio.Did> writer =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return fio.run(neighbour.file(), grounds.mebibytes());
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              },
              task -> new Thread(task).start());
      double iops;
      try {
        iops = iops(disk().privateClone(), SYNCED_WRITE);
      } finally {
        writer.handle((did, failure) -> did).join(); // or its clone could not be removed
      }
      double rate = writer.join().mebibytesASecond();
      if (rate < NEIGHBOUR_MEBIBYTES / 2.0) {
        throw new IllegalStateException("the neighbour wrote only " + rate + " MiB/s");
      }
      return iops;
    }
  }

  private double image(Subject subject, String format, String... options) throws IOException {
    int requests = Math.min(seconds * IMAGE_REQUESTS_A_SECOND, grounds.mebibytes() * 256);
    List<String> command =
        new ArrayList<>(
            List.of(
                "qemu-img",
                "bench",
                "-c",
                Integer.toString(requests),
                "-d",
                "16",
                "-s",
                "4096",
                "-n",
                "-t",
                "none",
                "-f",
                format));
    command.addAll(List.of(options));
    command.add(subject.file().toString());
    String said = Program.of(command).run().succeeded().out();
    Matcher matcher = SECONDS.matcher(said);
    if (!matcher.find()) {
      throw new IllegalStateException("qemu-img bench said: " + said);
    }
    return requests / Double.parseDouble(matcher.group(1));
  }

  private double firstImage(Subject fresh, String format) throws IOException {
    try (fresh) {
      grounds.bringMemory();
      return image(fresh, format, "-w");
    }
  }

  private static String[] and(String[] options, String more) {
    String[] all = java.util.Arrays.copyOf(options, options.length + 1);
    all[options.length] = more;
    return all;
  }
}
