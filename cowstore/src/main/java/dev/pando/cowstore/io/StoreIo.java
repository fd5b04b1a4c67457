package dev.pando.cowstore.io;

import java.io.IOException;
import java.nio.ByteOrder;
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

  /** How much space a file takes on the host, as du(1) counts it. */
  default long hostBytes(Path path) throws IOException {
    NativeMemory result = NativeMemory.allocate(LibC.STATX_BYTES);
    if (LibC.CALLS.statx(LibC.AT_FDCWD, path.toString(), 0, LibC.STATX_BLOCKS, result.address())
        != 0) {
      throw new HostException("statx " + path, LibC.errno());
    }
    return result.buffer().order(ByteOrder.nativeOrder()).getLong(LibC.STATX_BLOCKS_AT) * 512;
  }

  /**
   * How many bytes the file system that holds {@code path} still has for us; needs no descriptor.
   */
  long availableBytes(Path path) throws IOException;

  /** The device number of the file system that holds {@code path}, as st_dev. */
  long device(Path path) throws IOException;

  /**
   * Names the page cache in which the host has what was written to the file system of {@code path},
   * in at most 64 characters of ASCII: no other boot of the host, and no other mounting of the file
   * system, ever has the same. Empty if the host has no such name.
   */
  String pageCache(Path path) throws IOException;

  /** Takes hold of the file system of {@code path}, from now on. */
  FileSystemHold hold(Path path) throws IOException;
}
