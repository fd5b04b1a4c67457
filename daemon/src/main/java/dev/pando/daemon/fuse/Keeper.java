package dev.pando.daemon.fuse;

import dev.pando.daemon.fuse.MountException.Reason;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.slf4j.LoggerFactory;

/**
 * The process that started this daemon, holds what a mount consists of, and starts another daemon
 * when this one is gone: {@code cli/lib/keeper}. It hears one word a line through a pipe, and takes
 * the end of the pipe for the daemon's:
 *
 * <pre>
 *   hold FD              open /proc/PID/fd/FD and write 'k' at its beginning
 *   keep MINOR LOG       the mount of this device is served; from now on, take over
 *   release              close the descriptor of the store's file system
 *   restart              start another daemon, of the program as it is by then
 *   end                  there is no mount any more: end with the daemon
 * </pre>
 *
 * <p>Thread-safe.
 */
public final class Keeper {
  private static final long HOLD_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final long POLL_NANOS = TimeUnit.MICROSECONDS.toNanos(500);

  private final List<Integer> devices;
  private final OptionalInt memory;
  private final OptionalInt held;
  private final int words;

  /**
   * @param devices descriptors of {@code /dev/fuse}, inherited; with {@code memory} the first is
   *     mounted and the others are its clones
   * @param memory descriptor of what an earlier daemon left; empty: there was none
   * @param held descriptor of the file system of the store, open since before the first daemon of
   *     this mount opened the store; empty: none is
   * @param words descriptor of the pipe
   */
  public Keeper(List<Integer> devices, OptionalInt memory, OptionalInt held, int words) {
    this.devices = List.copyOf(devices);
    this.memory = memory;
    this.held = held;
    this.words = words;
  }

  /** Its process: it started this one. */
  public static OptionalLong process() {
    return OptionalLong.of(ProcessHandle.current().parent().orElseThrow().pid());
  }

  public List<Integer> devices() {
    return devices;
  }

  /** What an earlier daemon left, to be taken over. */
  public OptionalInt memory() {
    return memory;
  }

  /** A descriptor of the store's file system, as old as the mount, which both processes have. */
  public OptionalInt held() {
    return held;
  }

  /**
   * Has the keeper let go of the store's file system: the store is closed, and whoever is told so
   * may unmount the disk at once. Waits for ten seconds at most.
   */
  public void release() {
    if (held.isEmpty()) {
      return;
    }
    say("release");
    Path open = Path.of("/proc", "" + process().getAsLong(), "fd", "" + held.getAsInt());
    long deadline = System.nanoTime() + HOLD_NANOS;
    while (Files.exists(open, LinkOption.NOFOLLOW_LINKS) && System.nanoTime() < deadline) {
      LockSupport.parkNanos(POLL_NANOS);
    }
  }

  /**
   * Has the keeper hold a file.
   *
   * @param isHeld whether it does by now
   * @throws MountException if it does not within ten seconds
   */
  public void hold(int fd, BooleanSupplier isHeld) throws MountException {
    say("hold " + fd);
    long deadline = System.nanoTime() + HOLD_NANOS;
    while (!isHeld.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new MountException(Reason.FAILED, "the keeper of the mount does not answer");
      }
      LockSupport.parkNanos(POLL_NANOS);
    }
  }

  /**
   * The mount is served.
   *
   * @param minor of its device
   * @param log the file that tells what becomes of it
   */
  public void keep(int minor, String log) {
    say("keep " + minor + " " + log);
  }

  /** This daemon is about to end, so that another takes over. */
  public void restart() {
    say("restart");
  }

  /** The mount is gone. */
  public void end() {
    say("end");
  }

  /** A keeper that is gone hears nothing, and is no reason to fail. */
  private synchronized void say(String line) {
    byte[] text = (line + "\n").getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes = ByteBuffer.allocateDirect(text.length).put(text).flip();
    long written = Linux.LIBC.write(words, Linux.addressOf(bytes), text.length);
    if (written != text.length) {
      // not a constant: logging begins later than this class does
      LoggerFactory.getLogger(Keeper.class)
          .warn("the keeper of the mount is gone: errno {}", Linux.errno());
    }
  }
}
