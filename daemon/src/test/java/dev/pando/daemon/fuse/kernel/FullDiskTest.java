package dev.pando.daemon.fuse.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.pando.cowstore.CowStore;
import dev.pando.cowstore.StoreOptions;
import dev.pando.cowstore.io.FileSystemHold;
import dev.pando.cowstore.io.MappedFile;
import dev.pando.cowstore.io.NativeIo;
import dev.pando.cowstore.io.StoreFile;
import dev.pando.cowstore.io.StoreIo;
import dev.pando.daemon.fuse.LiveMount;
import dev.pando.daemon.fuse.Mount;
import dev.pando.daemon.fuse.MountOptions;
import dev.pando.daemon.tree.PandoTree;
import dev.pando.testing.Patience;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Many write to a full disk at once, twice as many as there are workers, and others read. */
@Timeout(Patience.HANG_SECONDS)
class FullDiskTest {
  private static final int MIB = 1 << 20;
  private static final int DISK_BYTES = 80 * MIB;
  private static final int WRITERS = 32;

  /** So many that all writers are at it long before the last. */
  private static final int READS = 500;

  @TempDir Path directory;

  @Test
  void whoReadsIsServedWhileMoreWritersThanWorkersWaitForSpace() throws Exception {
    LiveMount.requireFuse();
    SmallHost host = new SmallHost();
    StoreOptions options =
        StoreOptions.defaults()
            .withCreate(true)
            .withIo(host)
            .withHostReserveBytes(0)
            .withCommitIntervalMillis(3_600_000);
    Path mountpoint = Files.createDirectory(directory.resolve("mount"));
    try (CowStore store = CowStore.open(host.store, options)) {
      Mount mount =
          new KernelTransport().mount(PandoTree.open(store), mountpoint, MountOptions.DEFAULT);
      try {
        check(host, store, mountpoint);
      } finally {
        host.syncs.countDown();
        mount.abort();
      }
    }
  }

  private static void check(SmallHost host, CowStore store, Path mountpoint) throws Exception {
    Files.write(mountpoint.resolve("read.img"), new byte[] {1, 2, 3});
    for (int i = 0; i < WRITERS; i++) {
      Files.createFile(mountpoint.resolve("disk" + i + ".img"));
    }
    store.commit();
    host.holdSyncs();
    Path large = mountpoint.resolve("large.img");
    assertThrows(IOException.class, () -> fill(large));
    Files.delete(large); // it comes back with a commit, which waits for the disk

    List<FutureTask<Void>> writers = startWriters(mountpoint);
    for (int i = 0; i < READS; i++) {
      FutureTask<byte[]> reading =
          new FutureTask<>(() -> Files.readAllBytes(mountpoint.resolve("read.img")));
      start(reading);
      assertEquals(3, reading.get(5, TimeUnit.MINUTES).length);
    }
    for (FutureTask<Void> writer : writers) {
      assertFalse(writer.isDone(), "there is no space yet");
    }
    host.syncs.countDown();
    for (FutureTask<Void> writer : writers) {
      writer.get(5, TimeUnit.MINUTES);
    }

    assertThrows(IOException.class, () -> fill(large));
    for (FutureTask<Void> writer : startWriters(mountpoint)) {
      Exception refused = assertThrows(Exception.class, () -> writer.get(5, TimeUnit.MINUTES));
      assertEquals("No space left on device", refused.getCause().getMessage());
    }
  }

  private static void fill(Path file) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocateDirect(MIB);
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      for (int written = 0; written < DISK_BYTES; ) {
        buffer.clear();
        stamp(buffer);
        written += channel.write(buffer);
      }
    }
  }

  /** Blocks of zeros would take no space. */
  private static void stamp(ByteBuffer buffer) {
    for (int at = 0; at < MIB; at += 4096) {
      buffer.putInt(at, at + 1);
    }
  }

  /** Each appends a MiB to a disk of its own. */
  private static List<FutureTask<Void>> startWriters(Path mountpoint) {
    List<FutureTask<Void>> writers = new ArrayList<>();
    for (int i = 0; i < WRITERS; i++) {
      Path file = mountpoint.resolve("disk" + i + ".img");
      FutureTask<Void> writer = new FutureTask<>(() -> append(file));
      writers.add(writer);
      start(writer);
    }
    return writers;
  }

  private static Void append(Path file) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocateDirect(MIB);
    stamp(buffer);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.APPEND)) {
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
    }
    return null;
  }

  private static void start(FutureTask<?> task) {
    Thread thread = new Thread(task);
    thread.setDaemon(true);
    thread.start();
  }

  /** A host with a small disk, whose flushes can be held up. */
  private final class SmallHost implements StoreIo {
    final Path store = directory.resolve("store");
    private final StoreIo host = new NativeIo();
    private volatile CountDownLatch syncs = new CountDownLatch(0);

    void holdSyncs() {
      syncs = new CountDownLatch(1);
    }

    @Override
    public StoreFile open(Path path, boolean create) throws IOException {
      StoreFile file = host.open(path, create);
      return path.startsWith(store.resolve("segments")) ? new SlowFile(file) : file;
    }

    @Override
    public MappedFile map(Path path, int lengthBytes) throws IOException {
      return host.map(path, lengthBytes);
    }

    @Override
    public long availableBytes(Path path) throws IOException {
      Path segment = store.resolve("segments/00000000");
      return DISK_BYTES - (Files.exists(segment) ? hostBytes(segment) : 0);
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

    private final class SlowFile implements StoreFile {
      private final StoreFile file;

      SlowFile(StoreFile file) {
        this.file = file;
      }

      @Override
      public void read(long offset, long address, int length) throws IOException {
        file.read(offset, address, length);
      }

      @Override
      public void write(long offset, long address, int length) throws IOException {
        file.write(offset, address, length);
      }

      @Override
      public void sync() throws IOException {
        try {
          syncs.await();
        } catch (InterruptedException e) {
          throw new IOException(e);
        }
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
        return file.allocate(offset, length);
      }

      @Override
      public void punch(long offset, long length) throws IOException {
        file.punch(offset, length);
      }

      @Override
      public void close() throws IOException {
        file.close();
      }
    }
  }
}
