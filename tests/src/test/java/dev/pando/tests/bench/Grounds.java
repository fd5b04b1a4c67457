package dev.pando.tests.bench;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The two places where works are done, each made when it is first asked for. */
final class Grounds implements AutoCloseable {
  static final Path MEMORY = Path.of("/dev/shm");

  private final Path disk;
  private final int mebibytes;
  private final Optional<Path> checkout;
  private Ground inMemory;
  private Ground onDisk;

  /** Those of this build; see the other constructor. */
  Grounds(Path disk, int mebibytes) {
    this(disk, mebibytes, Optional.empty());
  }

  /**
   * @param disk a directory on the disk
   * @param mebibytes the size of the parent's disk
   * @param checkout whose commands and daemons are measured; empty: those of this build
   */
  Grounds(Path disk, int mebibytes, Optional<Path> checkout) {
    this.disk = disk;
    this.mebibytes = mebibytes;
    this.checkout = checkout;
  }

  int mebibytes() {
    return mebibytes;
  }

  /** Where the host's disk plays no part. */
  Ground memory() throws IOException {
    if (inMemory == null) {
      inMemory = Ground.in(MEMORY, mebibytes, checkout);
    }
    return inMemory;
  }

  Ground disk() throws IOException {
    if (onDisk == null) {
      onDisk = Ground.in(disk, mebibytes, checkout);
    }
    return onDisk;
  }

  /**
   * Has the kernel hold free memory for as much as the parent's disk. A virtual machine whose host
   * takes back what is free waits for it at every first touch, and whoever is measured first would
   * wait for the others.
   */
  void bringMemory() throws IOException {
    Path file = Files.createTempFile(MEMORY, "pando-bench-", null);
    try (OutputStream out = Files.newOutputStream(file)) {
      byte[] mebibyte = new byte[1 << 20];
      for (int i = 0; i < mebibytes; i++) {
        out.write(mebibyte);
      }
    } finally {
      Files.delete(file);
    }
  }

  @Override
  public void close() throws IOException {
    try {
      if (inMemory != null) {
        inMemory.close();
      }
    } finally {
      if (onDisk != null) {
        onDisk.close();
      }
    }
  }
}
