package dev.pando.daemon.fuse.kernel;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.pando.daemon.fuse.LiveMount;
import dev.pando.daemon.fuse.Mount;
import dev.pando.daemon.fuse.OneFileSystem;
import dev.pando.testing.Patience;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The hot path does not allocate. */
@Timeout(Patience.HANG_SECONDS)
class AllocationTest {
  private static final int WARM_UP = 20_000;
  private static final int REQUESTS = 20_000;
  private static final int BYTES_A_REQUEST = 32;

  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  @TempDir Path directory;

  @Test
  void readsWritesAndGetattrsAllocateNothing() throws Exception {
    LiveMount.requireFuse();
    Path image = directory.resolve("image");
    Files.write(image, new byte[1 << 20]);
    Path mountpoint = Files.createDirectory(directory.resolve("mount"));
    Mount mount =
        new KernelTransport().mount(new OneFileSystem(image, true), mountpoint, LiveMount.UNCACHED);
    Path file = mountpoint.resolve(OneFileSystem.NAME);
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer buffer = ByteBuffer.allocateDirect(4096);
      assertFrugal("READ", () -> channel.read(buffer.clear(), 8192));
      assertFrugal("WRITE", () -> channel.write(buffer.clear(), 8192));
      // lseek(SEEK_END) asks for the size: one GETATTR
      assertFrugal("GETATTR", channel::size);
    } finally {
      mount.abort();
    }
  }

  /** One request, made again and again. */
  private interface Repeated {
    long run() throws Exception;
  }

  private void assertFrugal(String what, Repeated request) throws Exception {
    for (int index = 0; index < WARM_UP; index++) {
      request.run();
    }
    long before = allocatedByWorkers();
    for (int index = 0; index < REQUESTS; index++) {
      request.run();
    }
    long allocated = allocatedByWorkers() - before;
    assertTrue(
        allocated <= (long) REQUESTS * BYTES_A_REQUEST,
        () -> what + " allocated " + allocated + " bytes in " + REQUESTS + " requests");
  }

  private long allocatedByWorkers() {
    return Arrays.stream(threads.getThreadInfo(threads.getAllThreadIds()))
        .filter(info -> info != null && info.getThreadName().startsWith("pando-fuse-"))
        .mapToLong(ThreadInfo::getThreadId)
        .map(threads::getThreadAllocatedBytes)
        .sum();
  }
}
