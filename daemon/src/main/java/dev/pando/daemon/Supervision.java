package dev.pando.daemon;

import dev.pando.daemon.control.MountEntry;
import dev.pando.daemon.control.MountRegistry;
import dev.pando.daemon.fuse.Keeper;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks whether the keeper of the mount is there, and starts another when it is gone: without one
 * the mount would end with its daemon. The mount's entry, by which commands find it, is its own.
 * Thread-safe.
 */
final class Supervision implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Supervision.class);

  private static final long LOOK_MILLIS = 500;

  /** After a keeper could not be started. */
  private static final long RETRY_MILLIS = TimeUnit.SECONDS.toMillis(10);

  private final Keeper keeper;
  private final MountRegistry registry;
  private final int minor;
  private final String log;
  private final List<String> arguments;
  private final Thread thread;
  private boolean closed; // guarded by this
  private boolean lost; // guarded by this
  private MountEntry entry; // guarded by this

  /**
   * Starts to look.
   *
   * @param entry of the mount, published
   * @param minor of its device
   * @param log the file that tells what becomes of it
   * @param arguments for the daemons that follow
   */
  Supervision(
      Keeper keeper,
      MountRegistry registry,
      MountEntry entry,
      int minor,
      String log,
      List<String> arguments) {
    this.keeper = keeper;
    this.registry = registry;
    this.entry = entry;
    this.minor = minor;
    this.log = log;
    this.arguments = arguments.stream().filter(word -> !word.equals("--attended")).toList();
    thread = new Thread(this::run, "pando-supervision");
    thread.setDaemon(true);
    thread.start();
  }

  /** Whether there is no keeper at the moment. */
  synchronized boolean isLost() {
    return lost;
  }

  /** The mount's entry as it was published last. */
  synchronized MountEntry entry() {
    return entry;
  }

  private void run() {
    try {
      while (look()) {
        Thread.sleep(isLost() ? RETRY_MILLIS : LOOK_MILLIS);
      }
    } catch (InterruptedException closing) {
      Thread.currentThread().interrupt();
    }
  }

  /** Returns whether to look again. */
  private synchronized boolean look() {
    if (closed) {
      return false;
    }
    lost = keeper.isGone();
    if (lost) {
      try {
        keeper.replace(minor, log, arguments);
        MountEntry former = entry;
        entry = former.keptBy(keeper.process(), keeper.startTicks());
        registry.publish(entry);
        registry.withdraw(former);
        lost = false;
        LOG.warn("The keeper of the mount was gone: process {} is another", keeper.process());
      } catch (IOException e) {
        LOG.error("The keeper of the mount is gone, and no other could be started", e);
      }
    }
    return true;
  }

  /** Looks no more: the mount is gone. */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
    }
    thread.interrupt();
  }
}
