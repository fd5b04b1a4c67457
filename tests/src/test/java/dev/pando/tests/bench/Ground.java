package dev.pando.tests.bench;

import dev.pando.tests.MountedStore;
import dev.pando.tests.Program;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * A directory in memory or on the disk where all contenders have the same data: a store with a
 * template, a raw file, and what is made of it. What is there is made when it is first asked for.
 */
final class Ground implements AutoCloseable {
  private static final int MEBIBYTE = 1 << 20;
  private static final int SECTOR_BYTES = 512;
  private static final int LONG_SECONDS = 600;
  private static final String TEMPLATE = "base";

  private final Path directory;
  private final int mebibytes;
  private final Optional<Path> checkout;
  private final Deque<Closeable> opened = new ArrayDeque<>();
  private final Map<String, Subject> kept = new HashMap<>();
  private MountedStore store;
  private Clones clones;
  private Reflinks reflinks;
  private final Overlays overlays;
  private final OneFileServers servers;

  private Ground(Path directory, int mebibytes, Optional<Path> checkout) {
    this.directory = directory;
    this.mebibytes = mebibytes;
    this.checkout = checkout;
    overlays = new Overlays(directory, parent());
    servers = new OneFileServers(directory);
  }

  /** A new directory in this one, with the parent's disk of incompressible data. */
  static Ground in(Path place, int mebibytes) throws IOException {
    return in(place, mebibytes, Optional.empty());
  }

  /** The same with a store of another checkout. */
  static Ground in(Path place, int mebibytes, Optional<Path> checkout) throws IOException {
    // with the process's number, by which tests/run finds what a killed one has left
    String prefix = "pando-bench-" + ProcessHandle.current().pid() + "-";
    Ground ground = new Ground(Files.createTempDirectory(place, prefix), mebibytes, checkout);
    try {
      ground.fill();
      return ground;
    } catch (Throwable failure) {
      ground.close();
      throw failure;
    }
  }

  private void fill() throws IOException {
    Path vm = Files.createDirectory(parentDirectory());
    Path image = describe(vm, TEMPLATE, (long) mebibytes * MEBIBYTE);
    SplittableRandom random = new SplittableRandom();
    byte[] data = new byte[MEBIBYTE];
    try (OutputStream disk = Files.newOutputStream(image)) {
      for (int i = 0; i < mebibytes; i++) {
        random.nextBytes(data);
        disk.write(data);
      }
    }
  }

  /** Writes what describes a VM with one disk of this size; returns where the disk is to be. */
  static Path describe(Path vm, String name, long bytes) throws IOException {
    Files.writeString(
        vm.resolve(name + ".vmx"),
        """
        displayName = "%1$s"
        scsi0:0.present = "TRUE"
        scsi0:0.fileName = "%1$s.vmdk"
        """
            .formatted(name));
    Files.writeString(
        vm.resolve(name + ".vmdk"),
        """
        # Disk DescriptorFile
        version=1
        CID=fffffffe
        parentCID=ffffffff
        createType="monolithicFlat"
        RW %d FLAT "%s-flat.vmdk" 0
        """
            .formatted(bytes / SECTOR_BYTES, name));
    return vm.resolve(name + "-flat.vmdk");
  }

  Path directory() {
    return directory;
  }

  int mebibytes() {
    return mebibytes;
  }

  /** The parent's disk as a plain file of the host; not to be written. */
  Path parent() {
    return directory.resolve("vm").resolve(TEMPLATE + "-flat.vmdk");
  }

  Path parentDirectory() {
    return parent().getParent();
  }

  String template() {
    return TEMPLATE;
  }

  MountedStore store() throws IOException {
    if (store == null) {
      Path path = directory.resolve("store");
      store =
          checkout.isPresent()
              ? MountedStore.showing(path, checkout.get())
              : MountedStore.showing(path);
      opened.push(store::close);
      clones = new Clones(store);
      store.pando("import", parentDirectory().toString(), TEMPLATE).succeeded();
      store.pando("freeze", TEMPLATE).succeeded();
      settle();
    }
    return store;
  }

  Clones clones() throws IOException {
    store();
    return clones;
  }

  Overlays overlays() {
    return overlays;
  }

  OneFileServers servers() {
    return servers;
  }

  Reflinks reflinks() throws IOException {
    if (reflinks == null) {
      reflinks = Reflinks.of(directory, parent());
      opened.push(reflinks::close);
    }
    return reflinks;
  }

  // ---- subjects that stay --------------------------------------------------------------------

  /** How a subject that is kept is made. */
  @FunctionalInterface
  interface Making {
    Subject make() throws IOException;
  }

  /** One that was made before under this name, or is made now. */
  Subject kept(String name, Making making) throws IOException {
    Subject subject = kept.get(name);
    if (subject == null) {
      subject = making.make();
      kept.put(name, subject);
      opened.push(subject::close);
    }
    return subject;
  }

  /** A clone that nothing was written to. */
  Subject sharedClone() throws IOException {
    return kept("P shared", () -> clones().fresh(TEMPLATE));
  }

  /** A clone all of whose blocks are its own. */
  Subject privateClone() throws IOException {
    return kept("P private", () -> filled(clones().fresh(TEMPLATE)));
  }

  Subject sharedExport() throws IOException {
    return kept("Q shared", overlays::exported);
  }

  Subject privateExport() throws IOException {
    return kept("Q private", () -> filled(overlays.exported()));
  }

  /** A plain file with the same data that may be written. */
  Subject plain() throws IOException {
    return kept(
        "N",
        () -> {
          Path copy = directory.resolve("plain");
          Program.of("cp", parent().toString(), copy.toString())
              .within(LONG_SECONDS)
              .run()
              .succeeded();
          settle();
          return Subject.staying(copy);
        });
  }

  /** The plain file through the transport alone. */
  Subject served() throws IOException {
    Path plain = plain().file();
    return kept("T", () -> servers.of(plain, true));
  }

  /** A new file with nothing in it, through the transport alone. */
  Subject emptied() throws IOException {
    long size = (long) mebibytes * MEBIBYTE;
    Path blank = directory.resolve("blank");
    Subject served =
        kept(
            "T empty",
            () -> {
              Files.createFile(blank);
              return servers.of(blank, true);
            });
    return OneFileServers.emptied(served, size);
  }

  /** Writes every block once. */
  private Subject filled(Subject subject) throws IOException {
    try {
      Fio.once(
              LONG_SECONDS,
              "--ioengine=psync",
              "--rw=write",
              "--bs=1m",
              "--direct=1",
              "--end_fsync=1")
          .run(subject.file(), mebibytes);
      settle();
      return subject;
    } catch (Throwable failure) {
      subject.close();
      throw failure;
    }
  }

  /** Writes out what is dirty, or the first flushes measured would pay for the setting up. */
  void settle() throws IOException {
    Program.of("sync", "-f", directory.toString()).within(LONG_SECONDS).run().succeeded();
  }

  /** Cleans up, also when the thread was told to stop: what was begun is ended first. */
  @Override
  public void close() throws IOException {
    boolean interrupted = Thread.interrupted();
    try {
      while (!opened.isEmpty()) {
        opened.pop().close();
      }
    } finally {
      for (Closeable left : opened) {
        left.close();
      }
      Program.of("rm", "-rf", "--one-file-system", directory.toString()).run();
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
