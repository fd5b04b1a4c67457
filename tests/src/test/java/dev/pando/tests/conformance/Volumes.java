package dev.pando.tests.conformance;

import dev.pando.tests.MountedStore;
import dev.pando.tests.Program;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;

/**
 * The mounted volumes: each is mounted when first asked for and stays until the last test of all
 * classes has ended. Thread-safe.
 */
final class Volumes implements BeforeAllCallback {
  private static final long EXT4_BYTES = 8L << 30;

  private static final Map<Volume, Path> ROOTS = new EnumMap<>(Volume.class);
  private static final Map<Volume, MountedStore> STORES = new EnumMap<>(Volume.class);
  private static final Deque<AutoCloseable> MOUNTED = new ArrayDeque<>();
  private static int directories;

  @Override
  public void beforeAll(ExtensionContext context) {
    context
        .getRoot()
        .getStore(Namespace.create(Volumes.class))
        .computeIfAbsent(Volumes.class, key -> (AutoCloseable) Volumes::unmountAll);
  }

  /** The mount point of {@code volume}. */
  static synchronized Path root(Volume volume) throws IOException {
    Path root = ROOTS.get(volume);
    if (root == null) {
      root =
          switch (volume) {
            case EXT4 -> ext4();
            case KERNEL, JNR_FUSE -> pando(volume);
          };
      // other users reach it too: what they may do there is the volume's to say
      Files.setPosixFilePermissions(root.getParent(), PosixFilePermissions.fromString("rwx--x--x"));
      ROOTS.put(volume, root);
    }
    return root;
  }

  /** The store and mount that {@code volume} is, once it was asked for. */
  static synchronized MountedStore store(Volume volume) {
    return STORES.get(volume);
  }

  /** A new empty directory in {@code volume}. */
  static synchronized Path newDirectory(Volume volume) throws IOException {
    directories++;
    return Files.createDirectory(root(volume).resolve("case" + directories));
  }

  /** Unmounts a volume and mounts it again: what is there afterwards is what was kept. */
  static synchronized void remount(Volume volume) throws IOException {
    Path mountpoint = root(volume);
    if (volume == Volume.EXT4) {
      Program.of("umount", mountpoint.toString()).run().succeeded();
      mountExt4(mountpoint.resolveSibling("image"), mountpoint);
    } else {
      STORES.get(volume).umount();
      STORES.get(volume).mount();
    }
  }

  /** How many bytes a volume has stored, which no one else has a part in. */
  static synchronized long storedBytes(Volume volume) throws IOException {
    if (volume == Volume.EXT4) {
      Posix.FileSystemStat stat = Posix.statfs(root(volume));
      return (stat.blocks() - stat.freeBlocks()) * stat.blockSize();
    }
    return STORES.get(volume).json("space").path("storedBytes").asLong();
  }

  private static void mountExt4(Path image, Path mountpoint) throws IOException {
    Program.of("mount", "-o", "loop", image.toString(), mountpoint.toString()).run().succeeded();
  }

  private static Path ext4() throws IOException {
    Path work = Files.createTempDirectory("pando-ext4-");
    Path image = work.resolve("image");
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength(EXT4_BYTES);
    }
    Path mountpoint = Files.createDirectory(work.resolve("mnt"));
    Program.of("mkfs.ext4", "-q", "-F", image.toString()).run().succeeded();
    mountExt4(image, mountpoint);
    MOUNTED.push(
        () -> {
          Program.of("umount", mountpoint.toString()).run().succeeded();
          Program.of("rm", "-rf", work.toString()).run().succeeded();
        });
    return mountpoint;
  }

  private static Path pando(Volume volume) throws IOException {
    MountedStore mounted = MountedStore.mounted("--transport", volume.transport());
    MOUNTED.push(mounted);
    STORES.put(volume, mounted);
    return mounted.mountpoint();
  }

  private static synchronized void unmountAll() throws Exception {
    while (!MOUNTED.isEmpty()) {
      MOUNTED.pop().close();
    }
    ROOTS.clear();
    STORES.clear();
  }
}
