package dev.pando.daemon.fuse.jnr;

import dev.pando.daemon.fuse.MountException;
import dev.pando.daemon.fuse.MountException.Reason;
import dev.pando.daemon.fuse.OpenFiles;
import dev.pando.daemon.fuse.Privileges;
import dev.pando.daemon.fuse.ServedMount;
import dev.pando.daemon.tree.Errno;
import dev.pando.daemon.tree.FileSystem;
import java.io.IOException;
import java.lang.ref.Reference;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import jnr.ffi.Memory;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A mount that libfuse made, and the threads that serve it. libfuse's own loop makes a native
 * thread whenever all are busy and ends it when it is idle, and each costs the JVM an attachment
 * for every call; so the threads here are ours, as many as are asked for, and each takes a request,
 * has libfuse execute it, and takes the next. The last to leave frees what libfuse has.
 */
final class LibFuseSession implements ServedMount.Serving {
  private static final Logger LOG = LoggerFactory.getLogger(LibFuseSession.class);

  private final LibFuse2.Functions library;
  private final FileSystem fileSystem;
  private final OpenFiles openFiles;

  /** Held on to, for libfuse calls into it. */
  private final OperationTable operations;

  private final long fuse;
  private final long session;
  private final long channel;
  private final AtomicInteger serving = new AtomicInteger();
  private final CountDownLatch ended = new CountDownLatch(1);

  /**
   * @param fuse the {@code struct fuse} of a mount that nobody serves yet
   */
  LibFuseSession(
      LibFuse2.Functions library,
      long fuse,
      OperationTable operations,
      FileSystem fileSystem,
      OpenFiles openFiles) {
    this.library = library;
    this.fuse = fuse;
    this.operations = operations;
    this.fileSystem = fileSystem;
    this.openFiles = openFiles;
    this.session = library.fuse_get_session(fuse);
    this.channel = library.fuse_session_next_chan(session, 0);
  }

  /**
   * Begins to serve, once.
   *
   * @throws MountException if the kernel and libfuse do not come to terms; then all has ended
   */
  void start(int threads) throws MountException {
    try {
      new Negotiation(library, session, channel)
          .conclude(Memory.allocateDirect(Runtime.getSystemRuntime(), Long.BYTES, true));
    } catch (IOException failed) {
      serving.set(1);
      leave();
      throw new MountException(Reason.FAILED, "the mount did not begin: " + failed.getMessage());
    }
    serving.set(threads);
    for (int index = 0; index < threads; index++) {
      Thread thread = new Thread(this::serve, "pando-jnr-" + index);
      thread.setDaemon(true);
      thread.start();
    }
  }

  private void serve() {
    int bufferBytes = (int) library.fuse_chan_bufsize(channel);
    Request request =
        Request.ofThisThread(
            new Privileges(fileSystem, openFiles, () -> Request.current().caller()), bufferBytes);
    try {
      Pointer receiving = Memory.allocateDirect(Runtime.getSystemRuntime(), Long.BYTES, true);
      int bytes = receive(request, receiving);
      while (bytes > 0) {
        request.received(bytes);
        library.fuse_session_process(session, request.address(), bytes, channel);
        bytes = receive(request, receiving);
      }
    } finally {
      request.none();
      leave();
    }
  }

  /**
   * Waits for a request and reads it.
   *
   * @param receiving where libfuse finds the channel, and says which it took
   * @return its length in bytes, 0 at the end
   */
  private int receive(Request request, Pointer receiving) {
    while (true) {
      receiving.putAddress(0, channel);
      int bytes = library.fuse_chan_recv(receiving, request.address(), request.bufferBytes());
      switch (-bytes) {
        case Errno.EINTR, Errno.EAGAIN -> {
          // a signal; nothing there after all
        }
        default -> {
          if (bytes < 0) {
            LOG.error("libfuse could not read a request: errno {}", -bytes);
          }
          return Math.max(0, bytes);
        }
      }
    }
  }

  private void leave() {
    if (serving.decrementAndGet() > 0) {
      return;
    }
    try {
      library.fuse_remove_signal_handlers(session);
      library.fuse_destroy(fuse);
      openFiles.releaseAll();
    } finally {
      Reference.reachabilityFence(operations);
      ended.countDown();
    }
  }

  @Override
  public boolean hasEnded() {
    return ended.getCount() == 0;
  }

  @Override
  public boolean awaitEnd(Duration limit) throws InterruptedException {
    return ended.await(limit.toNanos(), TimeUnit.NANOSECONDS);
  }
}
