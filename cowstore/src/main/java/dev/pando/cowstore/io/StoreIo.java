package dev.pando.cowstore.io;

import java.io.IOException;
import java.nio.file.Path;

/** Opens the files of a store. Thread-safe. */
public interface StoreIo {
  /**
   * Opens a data file for reading and writing.
   *
   * @param create whether to make the file, durably, if it does not exist
   */
  StoreFile open(Path path, boolean create) throws IOException;

  /**
   * Maps a file that is used as a log, making it first, preallocated, filled with zeros and
   * durable, if it does not exist or has another length.
   *
   * @param lengthBytes the length of the file, at most 1 GiB
   */
  MappedFile map(Path path, int lengthBytes) throws IOException;

  /** How many bytes the file system that holds {@code path} still has for us. */
  long availableBytes(Path path) throws IOException;

  /** The device number of the file system that holds {@code path}, as st_dev. */
  long device(Path path) throws IOException;

  /**
   * Identifies this boot of the host: what is in the page cache survives as long as it is equal.
   */
  String bootId() throws IOException;
}
