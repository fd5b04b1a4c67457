package dev.pando.cowstore.io;

import java.io.IOException;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/**
 * The host's files on a small disk: data files may have so many bytes together, counted in blocks
 * that were written or allocated. Thread-safe.
 */
public final class CappedIo implements StoreIo {
  private static final int BLOCK = 4096;

  private final StoreIo host = new NativeIo();

  /** Blocks that the disk has given to files. */
  private final Map<Path, BitSet> given = new HashMap<>();

  private long leftBytes;
  private int allocationsLeft = Integer.MAX_VALUE;

  public CappedIo(long capacityBytes) {
    this.leftBytes = capacityBytes;
  }

  /** Makes the disk larger, or as if another program had filled it. */
  public synchronized void grow(long bytes) {
    leftBytes += bytes;
  }

  /** The disk refuses to allocate ahead. */
  public void refuseAllocations() {
    refuseAllocationsAfter(0);
  }

  public synchronized void refuseAllocationsAfter(int count) {
    allocationsLeft = count;
  }

  private synchronized void give(Path path, long offset, long length) throws HostException {
    BitSet blocks = given.computeIfAbsent(path, unused -> new BitSet());
    int from = (int) (offset / BLOCK);
    int to = (int) ((offset + length + BLOCK - 1) / BLOCK);
    long bytes = (long) (to - from - blocks.get(from, to).cardinality()) * BLOCK;
    if (bytes > leftBytes) {
      throw new HostException("the disk is full: " + path, HostException.ENOSPC);
    }
    leftBytes -= bytes;
    blocks.set(from, to);
  }

  private synchronized void takeBack(Path path, long offset, long length) {
    BitSet blocks = given.computeIfAbsent(path, unused -> new BitSet());
    int from = (int) (offset / BLOCK);
    int to = (int) ((offset + length) / BLOCK);
    leftBytes += (long) blocks.get(from, to).cardinality() * BLOCK;
    blocks.clear(from, to);
  }

  private synchronized void countAllocation(Path path) throws HostException {
    if (allocationsLeft-- <= 0) {
      throw new HostException("the disk is full: " + path, HostException.ENOSPC);
    }
  }

  @Override
  public StoreFile open(Path path, boolean create) throws IOException {
    return new CappedFile(path, host.open(path, create));
  }

  @Override
  public MappedFile map(Path path, int lengthBytes) throws IOException {
    return host.map(path, lengthBytes);
  }

  @Override
  public synchronized long availableBytes(Path path) {
    return leftBytes;
  }

  @Override
  public long device(Path path) throws IOException {
    return host.device(path);
  }

  @Override
  public String pageCache(Path path) throws IOException {
    return host.pageCache(path);
  }

  @Override
  public FileSystemHold hold(Path path) throws IOException {
    return host.hold(path);
  }

  private final class CappedFile implements StoreFile {
    private final Path path;
    private final StoreFile file;

    CappedFile(Path path, StoreFile file) {
      this.path = path;
      this.file = file;
    }

    @Override
    public void read(long offset, long address, int length) throws IOException {
      file.read(offset, address, length);
    }

    @Override
    public void write(long offset, long address, int length) throws IOException {
      give(path, offset, length);
      file.write(offset, address, length);
    }

    @Override
    public void sync() throws IOException {
      file.sync();
    }

    @Override
    public void writeOut(long offset, long length) throws IOException {
      file.writeOut(offset, length);
    }

    @Override
    public void forget() throws IOException {
      file.forget();
    }

    @Override
    public boolean allocate(long offset, long length) throws IOException {
      countAllocation(path);
      give(path, offset, length);
      return file.allocate(offset, length);
    }

    @Override
    public void punch(long offset, long length) throws IOException {
      takeBack(path, offset, length);
      file.punch(offset, length);
    }

    @Override
    public long seek(long offset, boolean data) throws IOException {
      return file.seek(offset, data);
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }
}
