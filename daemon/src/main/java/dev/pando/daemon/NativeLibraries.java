package dev.pando.daemon;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A directory for the native library that lmdbjava unpacks when it is first used, and takes away
 * only at an orderly exit. It is loaded by then, so it can go at once, and nothing piles up in /tmp
 * when a daemon is killed.
 */
final class NativeLibraries implements AutoCloseable {
  /** Where lmdbjava unpacks: org.lmdbjava.Library. */
  private static final String EXTRACT_DIRECTORY = "lmdbjava.extract.dir";

  private final Path directory;

  private NativeLibraries(Path directory) {
    this.directory = directory;
  }

  /**
   * Has libraries unpacked into {@code directory} until this is closed.
   *
   * @param directory empty, and gone when this is closed
   */
  static NativeLibraries unpackedIn(Path directory) {
    System.setProperty(EXTRACT_DIRECTORY, directory.toString());
    return new NativeLibraries(directory);
  }

  @Override
  public void close() throws IOException {
    File[] unpacked = directory.toFile().listFiles();
    if (unpacked != null) {
      for (File file : unpacked) {
        Files.deleteIfExists(file.toPath());
      }
    }
    Files.deleteIfExists(directory);
  }
}
