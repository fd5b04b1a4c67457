package dev.pando.tests.conformance;

import dev.pando.tests.MountedStore;
import dev.pando.tests.Program;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A volume on a disk that can lose power: a loop device with ext4, and on it the volume's store.
 * The device has what the kernel sent to it and nothing of what is only in memory, so a copy of it
 * is what the next start would find. (A flush of the device's own cache that is left out goes
 * unseen.)
 */
final class LossyDisk implements AutoCloseable {
  private static final long BYTES = 256L << 20;
  private static final int MAX_COPIES = 50;

  private final Path work;
  private final Path image;
  private final Path mountpoint;
  private final Volume volume;
  private final Path root;

  /** Null for the control, which is the disk's own file system. */
  private final MountedStore store;

  private LossyDisk(Path work, Path image, Volume volume) throws IOException {
    this.work = work;
    this.image = image;
    this.volume = volume;
    this.mountpoint = Files.createDirectory(work.resolve("mnt"));
    // the disk's own file system writes nothing before it is told to
    Program.of("mount", "-o", "loop,commit=600", image.toString(), mountpoint.toString())
        .run()
        .succeeded();
    this.store = volume.isPando() ? mountStore() : null;
    this.root = store == null ? mountpoint : store.mountpoint();
  }

  /** The store on it; if that can not be mounted, nothing of the disk is left. */
  private MountedStore mountStore() throws IOException {
    try {
      return MountedStore.showing(mountpoint.resolve("store"), "--transport", volume.transport());
    } catch (IOException | RuntimeException | Error e) {
      remove();
      throw e;
    }
  }

  /** An empty volume. */
  static LossyDisk with(Volume volume) throws IOException {
    Path work = Files.createTempDirectory("pando-disk-");
    Path image = work.resolve("image");
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength(BYTES);
    }
    Program.of("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0", image.toString())
        .run()
        .succeeded();
    return new LossyDisk(work, image, volume);
  }

  /** Where the volume is mounted. */
  Path root() {
    return root;
  }

  /** Runs a command for the store on it. */
  void pando(String... arguments) throws IOException {
    store.pando(arguments).succeeded();
  }

  /** The volume as it would be found if power had failed during this call. */
  LossyDisk afterPowerLoss() throws IOException {
    Path copies = Files.createTempDirectory("pando-disk-");
    Path copy = copies.resolve("image");
    for (int i = 0; !copied(copy); i++) {
      if (i == MAX_COPIES) {
        throw new AssertionError("the disk never rests");
      }
    }
    return new LossyDisk(copies, copy, volume);
  }

  /** Copies the disk; false if something was written meanwhile, so that it was never as copied. */
  private boolean copied(Path copy) throws IOException {
    return Program.shell("cp --sparse=always \"$1\" \"$2\" && cmp -s \"$1\" \"$2\"", image, copy)
            .run()
            .exitCode()
        == 0;
  }

  @Override
  public void close() throws IOException {
    if (store != null) {
      store.close();
    }
    remove();
  }

  private void remove() throws IOException {
    Program.of("umount", mountpoint.toString()).run().succeeded();
    Files.delete(mountpoint);
    Files.delete(image);
    Files.delete(work);
  }
}
