package dev.pando.daemon.fuse;

import dev.pando.daemon.tree.Completion;
import dev.pando.daemon.tree.Errno;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.OpenFile;
import java.util.Arrays;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;

/** An open file of a {@link MemoryFileSystem}. */
final class MemoryFile implements OpenFile {
  private static final Runtime RUNTIME = Runtime.getSystemRuntime();

  private final MemoryFileSystem fileSystem;
  private final MemoryFileSystem.Node node;
  private final boolean direct;
  private final Probe probe;

  MemoryFile(MemoryFileSystem fileSystem, MemoryFileSystem.Node node, boolean direct, Probe probe) {
    this.fileSystem = fileSystem;
    this.node = node;
    this.direct = direct;
    this.probe = probe;
    probe.opened();
  }

  @Override
  public long node() {
    return node.attributes.node;
  }

  @Override
  public boolean isDirect() {
    return direct;
  }

  @Override
  public int read(long offset, long address, int length) throws ErrnoException {
    probe.reading(length);
    synchronized (fileSystem) {
      int bytes = (int) Math.max(0, Math.min(length, node.attributes.sizeBytes - offset));
      if (bytes > 0) {
        Pointer.wrap(RUNTIME, address).put(0, node.data, (int) offset, bytes);
      }
      return bytes;
    }
  }

  @Override
  public int write(long offset, long address, int length) throws ErrnoException {
    probe.writing(length);
    synchronized (fileSystem) {
      if (offset + length > node.attributes.sizeBytes) {
        MemoryFileSystem.resize(node, offset + length);
      }
      Pointer.wrap(RUNTIME, address).get(0, node.data, (int) offset, length);
      MemoryFileSystem.touch(node);
      return length;
    }
  }

  @Override
  public void sync(boolean dataOnly, Completion done) {
    probe.sync(dataOnly ? "syncData" : "sync", done);
  }

  @Override
  public void allocate(int mode, long offset, long length) throws ErrnoException {
    synchronized (fileSystem) {
      long end = offset + length;
      switch (mode) {
        case 0 -> MemoryFileSystem.resize(node, Math.max(node.attributes.sizeBytes, end));
        case FALLOC_PUNCH_HOLE | FALLOC_KEEP_SIZE ->
            Arrays.fill(
                node.data,
                (int) Math.min(offset, node.attributes.sizeBytes),
                (int) Math.min(end, node.attributes.sizeBytes),
                (byte) 0);
        default -> throw new ErrnoException(Errno.EOPNOTSUPP);
      }
    }
  }

  @Override
  public long seek(long offset, int whence) throws ErrnoException {
    synchronized (fileSystem) {
      if (offset >= node.attributes.sizeBytes) {
        throw new ErrnoException(Errno.ENXIO);
      }
      return whence == SEEK_DATA ? offset : node.attributes.sizeBytes;
    }
  }

  @Override
  public long copyRange(long offset, OpenFile target, long targetOffset, long length) {
    probe.count("copyRange");
    synchronized (fileSystem) {
      MemoryFileSystem.Node to = ((MemoryFile) target).node;
      int bytes = (int) Math.max(0, Math.min(length, node.attributes.sizeBytes - offset));
      if (targetOffset + bytes > to.attributes.sizeBytes) {
        MemoryFileSystem.resize(to, targetOffset + bytes);
      }
      System.arraycopy(node.data, (int) offset, to.data, (int) targetOffset, bytes);
      return bytes;
    }
  }

  @Override
  public void release() {
    probe.released();
  }
}
