package dev.pando.daemon.fuse.jnr;

import com.kenai.jffi.MemoryIO;

/**
 * {@code struct fuse_file_info} of libfuse 2.9 at its C offsets. jnr-fuse's own misses {@code
 * writepage} and takes each one-bit flag for a byte. The same on all 64-bit machines.
 */
final class FileInfo {
  private static final MemoryIO MEMORY = MemoryIO.getInstance();

  private static final int FLAGS = 0;
  private static final int BITS = 20;
  private static final int FILE_HANDLE = 24;

  private static final int DIRECT_IO = 1;

  private FileInfo() {}

  /** The flags of open(2); of a READ or a WRITE, as they are now. */
  static int flags(long info) {
    return MEMORY.getInt(info + FLAGS);
  }

  /** The kernel is to keep no pages of this file. */
  static void makeDirect(long info) {
    MEMORY.putInt(info + BITS, MEMORY.getInt(info + BITS) | DIRECT_IO);
  }

  static long fileHandle(long info) {
    return MEMORY.getLong(info + FILE_HANDLE);
  }

  static void fileHandle(long info, long number) {
    MEMORY.putLong(info + FILE_HANDLE, number);
  }
}
