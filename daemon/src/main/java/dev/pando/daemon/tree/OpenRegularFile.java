package dev.pando.daemon.tree;

import dev.pando.cowstore.CowFile;
import dev.pando.cowstore.StoreException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An open regular file: straight to the store, no lock of the tree and no allocation for a read or
 * a write. What keeps a frozen file as it is, whoever opened it when, is the store's own check.
 */
final class OpenRegularFile implements OpenFile {
  /**
   * What one call copies at most where no blocks can be shared, so that it can be interrupted: 64
   * MiB. The caller asks for the rest anew.
   */
  private static final long MAX_COPIED_BYTES = 64L << 20;

  private static final Logger LOG = LoggerFactory.getLogger(OpenRegularFile.class);

  /** The most the store takes in one write. */
  private static final int MAX_WRITE_BYTES = 1 << 20;

  private final OpenFiles files;
  private final Inode inode;
  private final CowFile file;
  private final boolean readable;
  private final boolean direct;
  private final boolean movesAccessTime;

  /** Who writes through it; null if it is open for reading only. */
  private final Opener writer;

  /** The process that reads a disk image through it; else 0, also if it is open for writing. */
  private final int reader;

  /** The writer of a disk image, for the {@link OpenGuard}; else null. */
  private final Opener guardedWriter;

  private final AtomicBoolean released = new AtomicBoolean();

  OpenRegularFile(
      OpenFiles files,
      Inode inode,
      boolean readable,
      boolean direct,
      boolean movesAccessTime,
      Opener writer,
      int reader,
      boolean isImage) {
    this.files = files;
    this.inode = inode;
    this.file = inode.file();
    this.readable = readable;
    this.direct = direct;
    this.movesAccessTime = movesAccessTime;
    this.writer = writer;
    this.reader = reader;
    this.guardedWriter = isImage ? writer : null;
  }

  Inode inode() {
    return inode;
  }

  @Override
  public long node() {
    return inode.number();
  }

  @Override
  public int processId() {
    return writer == null ? reader : writer.processId();
  }

  @Override
  public boolean isDirect() {
    return direct;
  }

  @Override
  public int read(long offset, long address, int length) throws ErrnoException {
    if (!readable) {
      throw new ErrnoException(Errno.EBADF);
    }
    if (offset < 0 || length < 0) {
      throw new ErrnoException(Errno.EINVAL);
    }
    try {
      int read = file.read(offset, address, length);
      if (movesAccessTime) {
        inode.accessed();
      }
      return read;
    } catch (StoreException e) {
      throw StoreErrors.translate(e);
    }
  }

  @Override
  public int write(long offset, long address, int length) throws ErrnoException {
    return write(offset, address, length, true);
  }

  @Override
  public int writeNow(long offset, long address, int length) throws ErrnoException {
    return write(offset, address, length, false);
  }

  @Override
  public void awaitSpace() throws ErrnoException {
    try {
      file.awaitSpace();
    } catch (StoreException e) {
      throw StoreErrors.translate(e);
    }
  }

  private int write(long offset, long address, int length, boolean waits) throws ErrnoException {
    checkWritable();
    if (offset < 0 || length < 0) {
      throw new ErrnoException(Errno.EINVAL);
    }
    if (length > 0 && offset >= CowFile.MAX_BYTES) {
      throw new ErrnoException(Errno.EFBIG);
    }
    int wanted = (int) Math.min(length, CowFile.MAX_BYTES - offset);
    int written = 0;
    while (written < wanted) {
      int piece = Math.min(wanted - written, MAX_WRITE_BYTES);
      try {
        if (waits) {
          file.write(offset + written, address + written, piece);
        } else if (!file.writeNow(offset + written, address + written, piece)) {
          return written > 0 ? written : NO_SPACE_NOW;
        }
      } catch (StoreException e) {
        if (written > 0 && e.reason() == StoreException.Reason.FULL) {
          return written;
        }
        throw StoreErrors.translate(e);
      }
      written += piece;
    }
    return written;
  }

  private void checkWritable() throws ErrnoException {
    if (writer == null) {
      throw new ErrnoException(Errno.EBADF);
    }
  }

  @Override
  public void sync(boolean dataOnly, Completion done) {
    files.sync(inode, dataOnly, done);
  }

  @Override
  public void allocate(int mode, long offset, long length) throws ErrnoException {
    checkWritable();
    if (offset < 0 || length <= 0) {
      throw new ErrnoException(Errno.EINVAL);
    }
    long end = offset + length;
    if (end < 0) {
      throw new ErrnoException(Errno.EFBIG);
    }
    if (file.isFrozen()) {
      throw new ErrnoException(Errno.EROFS);
    }
    try {
      switch (mode) {
        case 0 -> {
          file.reserve(offset, length);
          grow(end);
        }
        case FALLOC_KEEP_SIZE -> file.reserve(offset, length);
        case FALLOC_PUNCH_HOLE | FALLOC_KEEP_SIZE -> file.unmap(offset, length);
        case FALLOC_ZERO_RANGE -> {
          file.zero(offset, length);
          grow(end);
        }
        case FALLOC_ZERO_RANGE | FALLOC_KEEP_SIZE -> file.zero(offset, length);
        default -> throw new ErrnoException(Errno.EOPNOTSUPP);
      }
    } catch (StoreException e) {
      throw StoreErrors.translate(e);
    }
  }

  private void grow(long sizeBytes) throws StoreException {
    // the kernel holds the inode's lock over fallocate: no write extends the file meanwhile
    if (file.sizeBytes() < sizeBytes) {
      file.resize(sizeBytes);
    }
  }

  @Override
  public long seek(long offset, int whence) throws ErrnoException {
    if (whence != SEEK_DATA && whence != SEEK_HOLE) {
      throw new ErrnoException(Errno.EINVAL);
    }
    if (offset < 0) {
      throw new ErrnoException(Errno.ENXIO);
    }
    try {
      long found = whence == SEEK_DATA ? file.seekData(offset) : file.seekHole(offset);
      if (found < 0) {
        throw new ErrnoException(Errno.ENXIO);
      }
      return found;
    } catch (StoreException e) {
      throw StoreErrors.translate(e);
    }
  }

  @Override
  public long copyRange(long offset, OpenFile target, long targetOffset, long length)
      throws ErrnoException {
    if (!(target instanceof OpenRegularFile other)) {
      throw new ErrnoException(Errno.EXDEV);
    }
    if (!readable) {
      throw new ErrnoException(Errno.EBADF);
    }
    other.checkWritable();
    if (offset < 0 || targetOffset < 0 || length < 0) {
      throw new ErrnoException(Errno.EINVAL);
    }
    // the kernel asks for up to SSIZE_MAX and expects what there is
    long wanted = Math.min(length, Math.max(0, file.sizeBytes() - offset));
    if (targetOffset + wanted < 0) {
      throw new ErrnoException(Errno.EFBIG);
    }
    if (inode == other.inode && Math.abs(offset - targetOffset) < wanted) {
      throw new ErrnoException(Errno.EINVAL);
    }
    if ((offset - targetOffset) % FileSystemStatistics.BLOCK_BYTES != 0) {
      wanted = Math.min(wanted, MAX_COPIED_BYTES);
    }
    try {
      return wanted == 0 ? 0 : file.copyRange(offset, other.file, targetOffset, wanted);
    } catch (StoreException e) {
      throw StoreErrors.translate(e);
    }
  }

  Opener guardedWriter() {
    return guardedWriter;
  }

  @Override
  public void release() {
    if (released.getAndSet(true)) {
      return;
    }
    try {
      files.closed(inode, writer, reader);
    } catch (ErrnoException e) {
      // the kernel takes no answer to a release; the file's record brings it back at the next start
      LOG.warn("inode {} was not freed at its last close: {}", inode.number(), e.getMessage());
    } finally {
      if (guardedWriter != null) {
        files.guardedClose(inode, guardedWriter);
      }
    }
  }
}
