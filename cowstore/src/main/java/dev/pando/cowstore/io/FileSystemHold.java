package dev.pando.cowstore.io;

import java.io.IOException;
import java.nio.file.Path;

/**
 * A descriptor of the host's file system that stays open: as long as it is, the host neither ends
 * this instance of the file system, whatever becomes of its mount points, nor forgets that it could
 * not write something back. Thread-safe.
 */
public interface FileSystemHold extends AutoCloseable {
  /** Holds nothing, and tells nothing. */
  FileSystemHold NONE =
      new FileSystemHold() {
        @Override
        public boolean holds(Path path) {
          return false;
        }

        @Override
        public void sync() {
          // there is nothing to write
        }

        @Override
        public void close() {
          // nothing is open
        }
      };

  /** Whether {@code path} is in the file system that is held. */
  boolean holds(Path path) throws IOException;

  /**
   * Writes out everything that the file system has in memory, whoever wrote it.
   *
   * @throws HostException if that fails, or if anything could not be written back since the
   *     descriptor was opened or this last failed. Of what was before it was opened, it tells what
   *     nobody has been told of
   */
  void sync() throws IOException;

  @Override
  void close() throws IOException;
}
