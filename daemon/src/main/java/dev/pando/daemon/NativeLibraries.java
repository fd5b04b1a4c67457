package dev.pando.daemon;

import dev.pando.cowstore.CowStore;
import dev.pando.daemon.fuse.Linux;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * The native libraries that lmdbjava and jnr-ffi unpack when they are first used, and a directory
 * of this user's own for them. They are loaded by a thread of their own while the start goes on;
 * after that the directory can go, and nothing piles up in /tmp when a daemon is killed.
 */
final class NativeLibraries implements AutoCloseable {
  /** Where lmdbjava unpacks: org.lmdbjava.Library. */
  private static final String LMDB_DIRECTORY = "lmdbjava.extract.dir";

  /** Where jnr-ffi unpacks: com.kenai.jffi.internal.StubLoader. */
  private static final String JFFI_DIRECTORY = "jffi.extract.dir";

  private final Path directory;
  private final Thread loading = new Thread(NativeLibraries::load, "pando-libraries");

  private NativeLibraries(Path directory) {
    this.directory = directory;
  }

  private static void load() {
    try {
      Linux.errno();
      CowStore.loadLibraries();
    } catch (RuntimeException | LinkageError e) {
      // whoever needs them meets it again, and can say what he needed them for
    }
  }

  /**
   * Has libraries unpacked into {@code directory} until this is closed, and begins to load them;
   * into a new one of a name that nobody can guess if code may not run from there, as from {@code
   * /run} on Debian.
   *
   * @param directory of this user alone, empty, and gone when this is closed
   */
  static NativeLibraries loadingFrom(Path directory) throws IOException {
    Path chosen = directory;
    if (!mayRunCode(directory)) {
      Files.delete(directory);
      chosen = Files.createTempDirectory("pando-"); // mode 0700
    }
    System.setProperty(LMDB_DIRECTORY, chosen.toString());
    System.setProperty(JFFI_DIRECTORY, chosen.toString());
    NativeLibraries libraries = new NativeLibraries(chosen);
    libraries.loading.setDaemon(true);
    libraries.loading.start();
    return libraries;
  }

  /** On a file system mounted noexec no file is executable, whatever its mode: access(2). */
  private static boolean mayRunCode(Path directory) throws IOException {
    Path probe =
        Files.createTempFile(
            directory,
            "probe",
            "",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    try {
      return Files.isExecutable(probe);
    } finally {
      Files.delete(probe);
    }
  }

  @Override
  public void close() throws IOException {
    try {
      loading.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    File[] unpacked = directory.toFile().listFiles();
    if (unpacked != null) {
      for (File file : unpacked) {
        Files.deleteIfExists(file.toPath());
      }
    }
    Files.deleteIfExists(directory);
  }
}
