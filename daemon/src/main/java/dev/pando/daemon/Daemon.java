package dev.pando.daemon;

import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.ExitStatus;
import dev.pando.daemon.control.MountRegistry;
import dev.pando.daemon.control.RuntimeDirectory;
import dev.pando.daemon.fuse.Keeper;
import dev.pando.daemon.fuse.LastResort;
import dev.pando.daemon.fuse.Mounter;
import dev.pando.daemon.fuse.kernel.LeftMount;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The daemon's main class. It serves one mount and ends with it; a refused start is one sentence on
 * standard error and an {@link ExitStatus}. SIGTERM, SIGINT and SIGHUP end it in order, also while
 * it is still starting.
 */
public final class Daemon {
  /** Longer than an orderly end takes at most: last closes, an abort, a commit. */
  private static final int END_SECONDS = 90;

  private final DaemonArguments wanted;

  /** Counted down when there is nothing left to end. */
  private final CountDownLatch ended = new CountDownLatch(1);

  private final Object lock = new Object();
  private boolean isTold; // to end, by a signal; guarded by lock
  private MountedStore mounted; // once it is; guarded by lock

  private Daemon(DaemonArguments wanted) {
    this.wanted = wanted;
  }

  /** Runs the daemon; see {@link DaemonArguments} for its arguments. */
  public static void main(String[] arguments) {
    ExitStatus status = ExitStatus.DONE;
    try {
      DaemonArguments wanted = DaemonArguments.parse(List.of(arguments));
      haltOnFaults(wanted);
      if (wanted.trial().isPresent()) {
        Trial.run(wanted);
      } else {
        new Daemon(wanted).run();
      }
    } catch (ControlException e) {
      System.err.println("pando: " + e.getMessage());
      status = e.status();
    }
    System.exit(status.number());
  }

  /**
   * A thread of the background that has met a fault as {@link LastResort} knows them is the end.
   */
  private static void haltOnFaults(DaemonArguments wanted) {
    Thread.setDefaultUncaughtExceptionHandler(
        (thread, fault) -> {
          log().error("{} ended by a fault of Pando's", thread.getName(), fault);
          if (wanted.keeper().isPresent()) {
            LastResort.HALT.failed(fault);
          }
        });
  }

  private void run() throws ControlException {
    Runtime.getRuntime().addShutdownHook(new Thread(this::endBySignal, "pando-shutdown"));
    try {
      MountedStore started = start();
      if (wanted.isAttended()) {
        startThread("pando-parent", () -> tellParent(started));
      } else if (!wanted.isTakeover() || wanted.isFirst()) {
        started.keep(); // who takes over has said so when the mount answered
      }
      if (!serves(started)) {
        endBeforeItBegan(started);
      }
      started.serveUntilTheEnd();
      wanted.keeper().ifPresent(Keeper::end);
    } catch (InterruptedException e) {
      throw new ControlException(ExitStatus.FAILED, "the daemon was interrupted");
    } finally {
      ended.countDown();
    }
  }

  /** The libraries load beside what comes first: the start is what users of a mount wait for. */
  private MountedStore start() throws ControlException {
    Path runtime = RuntimeDirectory.current();
    RuntimeDirectory.prepare(runtime);
    MountRegistry registry = new MountRegistry(runtime);
    try {
      NativeLibraries libraries = NativeLibraries.loadingFrom(registry.startDirectory());
      try {
        DaemonLog.silence();
        registry.removeStale();
        Optional<LeftMount> left =
            wanted.becomes().isPresent() ? MountedStore.leave(wanted, registry) : Optional.empty();
        if (left.isPresent()) {
          libraries.close();
          Path log = DaemonLog.file(runtime, wanted.mountpoint());
          become(left.get(), log);
        }
        return MountedStore.start(wanted, registry);
      } finally {
        libraries.close();
      }
    } catch (IOException e) {
      throw new ControlException(ExitStatus.FAILED, "the daemon can not start: " + e);
    }
  }

  /** Becomes the keeper of a mount; if that can not be, the mount is taken away again. */
  private void become(LeftMount left, Path log) throws IOException {
    try {
      left.become(wanted.becomes().orElseThrow(), log, wanted.lasting());
    } catch (IOException failed) {
      Mounter.ofThisUser().unmount(left.mountpoint(), true);
      throw failed;
    }
  }

  /** A signal came during the start: nobody has a fresh mount open yet, one taken over they may. */
  private void endBeforeItBegan(MountedStore started) {
    if (wanted.isTakeover() && !wanted.isFirst()) {
      started.terminate();
    } else {
      started.abort();
    }
  }

  /** From now on a signal ends {@code started}; false if one came before. */
  private boolean serves(MountedStore started) {
    synchronized (lock) {
      mounted = started;
      return !isTold;
    }
  }

  private static void tellParent(MountedStore started) {
    boolean noted = new Parent().takesNote(started.status());
    Parent.letGo();
    if (noted) {
      started.keep();
    } else {
      log().warn("The command that asked for the mount is gone, and so is the mount");
      started.abort();
    }
  }

  private static void startThread(String name, Runnable work) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    thread.start();
  }

  /**
   * The JVM waits for this thread before it exits, and so does it after {@link #main} has ended.
   */
  private void endBySignal() {
    if (ended.getCount() == 0) {
      return;
    }
    MountedStore serving;
    synchronized (lock) {
      isTold = true;
      serving = mounted;
    }
    if (serving != null) {
      log().info("A signal asks the daemon to end");
      serving.terminate();
    }
    try {
      if (!ended.await(END_SECONDS, TimeUnit.SECONDS)) {
        log().error("The daemon did not end in {} s", END_SECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Not a constant: the log is where it is to be only when the start has come so far. */
  private static Logger log() {
    return LoggerFactory.getLogger(Daemon.class);
  }
}
