package dev.pando.cowstore.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The host's files on a disk that fails: the n-th call of a kind, or every one from the n-th on.
 * Thread-safe.
 */
public final class FailingIo implements StoreIo {
  public static final int EIO = 5;
  public static final int EMFILE = HostException.EMFILE;
  public static final int ENOSPC = HostException.ENOSPC;

  /** What can fail. */
  public enum Call {
    OPEN,
    MAP,
    READ,
    WRITE,
    SYNC,
    ALLOCATE,
    PUNCH,
    FORCE,
    SPACE
  }

  private final StoreIo host;
  private final Map<Call, Long> counts = new EnumMap<>(Call.class);
  private final Map<Call, Runnable> actions = new ConcurrentHashMap<>();
  private volatile long room = Long.MAX_VALUE;
  private Call failing;
  private long firstFailure;
  private long lastFailure;
  private int errno;

  public FailingIo(StoreIo host) {
    this.host = host;
  }

  /** The n-th call of this kind from now on fails, n >= 1; no other does. */
  public synchronized void failOnce(Call call, long n, int withErrno) {
    failing = call;
    firstFailure = count(call) + n;
    lastFailure = firstFailure;
    errno = withErrno;
  }

  /** Every call of this kind fails until {@link #heal}. */
  public synchronized void failAll(Call call, int withErrno) {
    failOnce(call, 1, withErrno);
    lastFailure = Long.MAX_VALUE;
  }

  /** Whoever makes a call of this kind from now on does that first. */
  public void before(Call call, Runnable action) {
    actions.put(call, action);
  }

  public synchronized void heal() {
    failing = null;
  }

  /** How many calls of this kind there were, failed ones included. */
  public synchronized long count(Call call) {
    return counts.getOrDefault(call, 0L);
  }

  private void pass(Call call) throws HostException {
    actions.getOrDefault(call, () -> {}).run();
    countOrFail(call);
  }

  private synchronized void countOrFail(Call call) throws HostException {
    long n = counts.merge(call, 1L, Long::sum);
    if (call == failing && n >= firstFailure && n <= lastFailure) {
      throw new HostException("simulated failure of " + call + " " + n, errno);
    }
  }

  @Override
  public StoreFile open(Path path, boolean create) throws IOException {
    pass(Call.OPEN);
    return new FailingFile(host.open(path, create));
  }

  @Override
  public MappedFile map(Path path, int lengthBytes) throws IOException {
    pass(Call.MAP);
    return new FailingMapping(host.map(path, lengthBytes));
  }

  /** The host's file system has so much room from now on, as far as it tells. */
  public void tellRoom(long bytes) {
    room = bytes;
  }

  @Override
  public long availableBytes(Path path) throws IOException {
    pass(Call.SPACE);
    return Math.min(room, host.availableBytes(path));
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

  private final class FailingFile implements StoreFile {
    private final StoreFile file;

    FailingFile(StoreFile file) {
      this.file = file;
    }

    @Override
    public void read(long offset, long address, int length) throws IOException {
      pass(Call.READ);
      file.read(offset, address, length);
    }

    @Override
    public void write(long offset, long address, int length) throws IOException {
      pass(Call.WRITE);
      file.write(offset, address, length);
    }

    @Override
    public void sync() throws IOException {
      pass(Call.SYNC);
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
      pass(Call.ALLOCATE);
      return file.allocate(offset, length);
    }

    @Override
    public void punch(long offset, long length) throws IOException {
      pass(Call.PUNCH);
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

  private final class FailingMapping implements MappedFile {
    private final MappedFile mapping;

    FailingMapping(MappedFile mapping) {
      this.mapping = mapping;
    }

    @Override
    public ByteBuffer buffer() {
      return mapping.buffer();
    }

    @Override
    public void readAhead(int offset, int length) {
      mapping.readAhead(offset, length);
    }

    @Override
    public void force() throws IOException {
      pass(Call.FORCE);
      mapping.force();
    }

    @Override
    public void force(int offset, int length) throws IOException {
      pass(Call.FORCE);
      mapping.force(offset, length);
    }

    @Override
    public void close() throws IOException {
      mapping.close();
    }
  }
}
