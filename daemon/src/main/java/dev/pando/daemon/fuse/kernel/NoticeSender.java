package dev.pando.daemon.fuse.kernel;

import dev.pando.daemon.fuse.LastResort;
import dev.pando.daemon.fuse.Linux;
import dev.pando.daemon.host.Precedence;
import dev.pando.daemon.tree.Errno;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes notifications to the kernel by a thread that has no descriptor open but the device. Such a
 * write may wait, and no signal ends that, for answers of this very daemon: pages that it is to
 * write back, or a name that somebody looks up. If the daemon is killed meanwhile, the thread stays
 * until the next daemon has answered; with descriptors it would hold on to the store's lock and to
 * the pipe whose end tells the keeper, and there would be no next daemon.
 *
 * <p>{@link #send} is for one thread at a time.
 */
final class NoticeSender {
  private static final Logger LOG = LoggerFactory.getLogger(NoticeSender.class);

  static final String THREAD = "pando-notices";

  /** By its number, so that nothing of what the write needs is loaded after the others closed. */
  private static final int NO_DEVICE = -1;

  private final Device device;
  private final Semaphore asked = new Semaphore(0);
  private final Semaphore done = new Semaphore(0);
  private final CountDownLatch apart = new CountDownLatch(1);

  private volatile boolean ending;

  // handed over by the semaphores
  private long address;
  private int lengthBytes;
  private int errno;

  NoticeSender(Device device) {
    this.device = device;
  }

  /** Starts the thread, and returns when it has let go of all else. */
  void start(LastResort lastResort) throws InterruptedException {
    Thread unused = Service.start(THREAD, this::run, lastResort);
    apart.await();
  }

  /**
   * Sends one whole notification.
   *
   * @param address of its bytes, which stay as they are until it returns
   * @return 0, or the errno
   */
  int send(long address, int lengthBytes) {
    if (ending) {
      return Errno.ENODEV;
    }
    this.address = address;
    this.lengthBytes = lengthBytes;
    asked.release();
    done.acquireUninterruptibly();
    return errno;
  }

  /** Ends the thread. */
  void end() {
    ending = true;
    asked.release();
  }

  private void run() {
    try {
      leaveAll();
      serve();
    } finally {
      errno = Errno.ENODEV;
      ending = true;
      done.release(); // who waits for it must not do so for ever
    }
  }

  private void leaveAll() {
    try {
      int unused = new Device(NO_DEVICE).send(0, 0);
      leaveAllBut(device.fd());
    } catch (IOException e) {
      LOG.warn(
          "if this daemon is killed while it notifies the kernel, no other can take over: {}",
          e.toString());
    } finally {
      apart.countDown();
    }
  }

  private void serve() {
    Precedence precedence = Precedence.take();
    asked.acquireUninterruptibly();
    while (!ending) {
      errno = device.send(address, lengthBytes);
      done.release();
      asked.acquireUninterruptibly();
    }
    precedence.giveBack();
  }

  /**
   * Gives this thread a table of descriptors of its own, and closes there what is not needed. The
   * JVM's own files stay: a class that is loaded yet is read through them.
   */
  private static void leaveAllBut(int kept) throws IOException {
    if (Linux.LIBC.unshare(Linux.CLONE_FILES) != 0) {
      throw new IOException("unshare: errno " + Linux.errno());
    }
    List<Integer> open = new ArrayList<>();
    try (Stream<Path> links = Files.list(Path.of("/proc/thread-self/fd"))) {
      for (Path link : (Iterable<Path>) links::iterator) {
        int fd = Integer.parseInt(link.getFileName().toString());
        if (fd != kept && !isOfTheJvm(link)) {
          open.add(fd);
        }
      }
    }
    open.forEach(Linux.LIBC::close);
  }

  private static boolean isOfTheJvm(Path link) throws IOException {
    String target = Files.readSymbolicLink(link).toString();
    return target.endsWith(".jar") || target.endsWith("/lib/modules");
  }
}
