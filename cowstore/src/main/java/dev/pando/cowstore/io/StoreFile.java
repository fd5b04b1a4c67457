package dev.pando.cowstore.io;

import java.io.IOException;

/**
 * An open data file. Thread-safe; no method allocates unless it fails. Addresses are native
 * addresses of at least {@code length} bytes. Failures are {@link HostException}, where nothing
 * else is said.
 */
public interface StoreFile extends AutoCloseable {
  /**
   * Reads {@code length} bytes at {@code offset}.
   *
   * @throws java.io.EOFException the file ends before; what there was has been read
   */
  void read(long offset, long address, int length) throws IOException;

  /** Writes {@code length} bytes at {@code offset}. */
  void write(long offset, long address, int length) throws IOException;

  /** Makes all that was written before the call durable, as fdatasync(2). */
  void sync() throws IOException;

  /**
   * Writes dirty pages of the range to the disk and waits for that, so that there is less to do for
   * the next {@link #sync}. Makes nothing durable; a failure counts as one of a sync.
   */
  void writeOut(long offset, long length) throws IOException;

  /**
   * Allocates the host's space for a range, so that no write to it fails for want of space. The
   * file may become longer; what it holds stays, what is new reads as zeros.
   *
   * @return false if the host's file system can not do that
   */
  boolean allocate(long offset, long length) throws IOException;

  /**
   * Drops what the host has cached of the file and need not write any more, so that it is read from
   * the disk again; the host need not do so.
   */
  void forget() throws IOException;

  /** Gives the space of the range back to the host; it reads as zeros afterwards. */
  void punch(long offset, long length) throws IOException;

  /**
   * The first byte at or after {@code offset} for which the host holds data, or has none, as far as
   * the host tells: what it set aside and never wrote may count as either.
   *
   * @param data whether data is sought, or a hole; the end of the file is one
   * @return -1 if there is none, or the host can not tell
   */
  default long seek(long offset, boolean data) throws IOException {
    return -1;
  }

  @Override
  void close() throws IOException;
}
