package dev.pando.cowstore.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;

/**
 * The host's files on a machine that can be switched off. Writes go to real files; what was not
 * synced is remembered, and a power loss takes a random part of it back. A flush is simulated:
 * nothing of the test needs to reach the real disk.
 *
 * <p>The end of a process is {@link #stop}, from which on every call fails, then {@link #restart}
 * or {@link #powerLoss}; whatever was opened before stays dead for ever.
 */
public final class RecordingIo implements StoreIo, AutoCloseable {
  private static final int EIO = 5;

  private final StoreIo host = new NativeIo();
  private final long flushNanos;
  private final Map<Object, RecordedFile> files = new LinkedHashMap<>();
  private final Map<Object, RecordedMapping> mappings = new LinkedHashMap<>();
  private int boot = 1;
  private int mounting = 1;
  private boolean named = true;

  /** How often something could not be written back, and the last of these that anyone knows of. */
  private int errors;

  private int toldErrors;

  /** Decides what the next flush loses, which fails; null: it will not. */
  private Random failing;

  private volatile int process = 1;
  private volatile boolean stopped;

  /** A machine whose flushes take no time. */
  public RecordingIo() {
    this(0);
  }

  /**
   * @param flushNanos how long a flush takes: what is written meanwhile is not durable at its end
   */
  public RecordingIo(long flushNanos) {
    this.flushNanos = flushNanos;
  }

  /** The process ends now: from here on no call changes anything. */
  public synchronized void stop() {
    if (!stopped) {
      stopped = true;
      mappings.values().forEach(RecordedMapping::stop);
    }
  }

  /** Whether the process has ended: a call that returns now was not acknowledged to anyone. */
  public boolean isStopped() {
    return stopped;
  }

  /** A new process begins in the same boot: the page cache holds all that was written. */
  public synchronized void restart() {
    stop();
    mappings.values().forEach(RecordedMapping::restart);
    process++;
    stopped = false;
  }

  /** Cuts the power and boots again. Nothing may use the files meanwhile. */
  public synchronized void powerLoss(long seed) throws IOException {
    stop();
    mappings.values().forEach(RecordedMapping::restart);
    Random random = new Random(seed);
    for (RecordedFile file : files.values()) {
      file.lose(random);
    }
    for (RecordedMapping mapping : mappings.values()) {
      mapping.lose(random);
    }
    boot++;
    restart();
  }

  /** Boots again when all that was written has reached the disk. */
  public synchronized void reboot() {
    boot++;
    restart();
  }

  /** The host has no names for page caches. */
  public synchronized void withoutNames() {
    named = false;
  }

  /** The disk is lost and comes back in the same boot. Nothing may use the files meanwhile. */
  public synchronized void remount(long seed) throws IOException {
    boot--;
    powerLoss(seed);
    mounting++;
  }

  /**
   * A random part of what the host has not written to the data files yet is refused by the disk.
   */
  public synchronized void loseWrites(long seed) throws IOException {
    Random random = new Random(seed);
    for (RecordedFile file : files.values()) {
      file.loseSectors(random);
      file.setUntold(true);
    }
    errors++;
  }

  /** The next flush of a data file fails, and some of what it was to make durable is lost. */
  public synchronized void failFlush(long seed) {
    failing = new Random(seed);
  }

  /** No flush is to fail any more. */
  public synchronized void heal() {
    failing = null;
  }

  /** Another program asks the host whether it wrote everything, and is told. */
  public synchronized void tellAnother() {
    toldErrors = errors;
  }

  /** The host drops what it knows of files that nobody has open. */
  public synchronized void forgetFiles() {
    files.values().forEach(file -> file.setUntold(false));
  }

  private synchronized void failIfDue(RecordedFile file) throws IOException {
    if (failing != null) {
      file.loseSectors(failing);
      failing = null;
      errors++;
      throw new HostException("simulated failure of a flush", EIO);
    }
    if (file.isUntold()) {
      file.setUntold(false);
      throw new HostException("simulated failure of an earlier write", EIO);
    }
  }

  @Override
  public synchronized StoreFile open(Path path, boolean create) throws IOException {
    requireAlive(process);
    StoreFile file = host.open(path, create);
    Object key = fileKey(path);
    RecordedFile recorded = files.get(key);
    if (recorded == null) {
      recorded = new RecordedFile(path, file);
      files.put(key, recorded);
    } else {
      file.close();
    }
    return new OpenFile(recorded, process);
  }

  @Override
  public synchronized MappedFile map(Path path, int lengthBytes) throws IOException {
    requireAlive(process);
    RecordedMapping recorded = Files.exists(path) ? mappings.get(fileKey(path)) : null;
    if (recorded == null || recorded.lengthBytes() != lengthBytes) {
      recorded = new RecordedMapping(host.map(path, lengthBytes));
      mappings.put(fileKey(path), recorded);
    }
    return new OpenMapping(recorded, recorded.buffer(), process);
  }

  @Override
  public long availableBytes(Path path) throws IOException {
    return host.availableBytes(path);
  }

  @Override
  public long device(Path path) throws IOException {
    return host.device(path);
  }

  @Override
  public synchronized String pageCache(Path path) {
    return named ? "boot-" + boot + " mount-" + mounting : "";
  }

  @Override
  public synchronized FileSystemHold hold(Path path) throws IOException {
    requireAlive(process);
    return new Hold(mounting, errors > toldErrors ? toldErrors : errors);
  }

  @Override
  public synchronized void close() throws IOException {
    stopped = true;
    for (RecordedFile file : files.values()) {
      file.close();
    }
    for (RecordedMapping mapping : mappings.values()) {
      mapping.close();
    }
  }

  /** What stays the same when a file is renamed; as it is held open, it is not used again. */
  private static Object fileKey(Path path) throws IOException {
    return Files.getAttribute(path, "unix:ino");
  }

  /**
   * Who finds that the process has ended must not leave a note of it in what is kept of a mapping
   * at that moment: a process that is killed notices nothing.
   */
  private synchronized void awaitStopped() {
    // stop() keeps it under this lock
  }

  private void requireAlive(int ofProcess) throws HostException {
    if (stopped || ofProcess != process) {
      awaitStopped();
      throw new HostException("the simulated process has ended", EIO);
    }
  }

  private final class Hold implements FileSystemHold {
    private final int ofMounting;
    private int told;

    Hold(int ofMounting, int told) {
      this.ofMounting = ofMounting;
      this.told = told;
    }

    @Override
    public boolean holds(Path path) {
      synchronized (RecordingIo.this) {
        return ofMounting == mounting;
      }
    }

    @Override
    public void sync() throws IOException {
      synchronized (RecordingIo.this) {
        if (ofMounting == mounting && told < errors) {
          told = errors;
          toldErrors = errors;
          throw new HostException("simulated syncfs", EIO);
        }
      }
    }

    @Override
    public void close() {
      // nothing is open
    }
  }

  private final class OpenFile implements StoreFile {
    private final RecordedFile file;
    private final int ofProcess;

    OpenFile(RecordedFile file, int ofProcess) {
      this.file = file;
      this.ofProcess = ofProcess;
    }

    @Override
    public void read(long offset, long address, int length) throws IOException {
      requireAlive(ofProcess);
      file.read(offset, address, length);
    }

    @Override
    public void write(long offset, long address, int length) throws IOException {
      requireAlive(ofProcess);
      file.write(offset, address, length);
    }

    @Override
    public void sync() throws IOException {
      requireAlive(ofProcess);
      failIfDue(file);
      file.sync(flushNanos);
      requireAlive(ofProcess);
    }

    @Override
    public void writeOut(long offset, long length) throws IOException {
      requireAlive(ofProcess);
    }

    @Override
    public void forget() {
      // what is lost is not shown any more
    }

    @Override
    public boolean allocate(long offset, long length) throws IOException {
      requireAlive(ofProcess);
      return file.allocate(offset, length);
    }

    @Override
    public void punch(long offset, long length) throws IOException {
      requireAlive(ofProcess);
      file.punch(offset, length);
    }

    @Override
    public long seek(long offset, boolean data) throws IOException {
      return file.seek(offset, data);
    }

    @Override
    public void close() {
      // the recording needs the descriptor until the machine is scrapped
    }
  }

  private final class OpenMapping implements MappedFile {
    private final RecordedMapping mapping;
    private final ByteBuffer buffer;
    private final int ofProcess;

    OpenMapping(RecordedMapping mapping, ByteBuffer buffer, int ofProcess) {
      this.mapping = mapping;
      this.buffer = buffer;
      this.ofProcess = ofProcess;
    }

    @Override
    public ByteBuffer buffer() {
      return buffer;
    }

    @Override
    public void readAhead(int offset, int length) {
      // it is in memory
    }

    @Override
    public void force() throws IOException {
      force(0, mapping.lengthBytes());
    }

    @Override
    public void force(int offset, int length) throws IOException {
      requireAlive(ofProcess);
      mapping.force(offset, length, flushNanos);
      requireAlive(ofProcess);
    }

    @Override
    public void close() {
      // the recording needs the mapping until the machine is scrapped
    }
  }
}
