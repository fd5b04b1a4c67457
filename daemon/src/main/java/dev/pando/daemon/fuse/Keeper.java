package dev.pando.daemon.fuse;

import dev.pando.daemon.fuse.MountException.Reason;
import dev.pando.daemon.host.ProcessStart;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
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
 *   restart KEEPER       try whether the program of that script can take over, write 'y' or 'n'
 *                        behind the 'k', and after a 'y' start a daemon of it when this one is gone
 *   end                  there is no mount any more: end with the daemon
 * </pre>
 *
 * <p>When it is gone itself, the daemon starts {@linkplain #replace another}.
 *
 * <p>Thread-safe.
 */
public final class Keeper {
  private static final long HOLD_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final long TRIAL_NANOS = TimeUnit.SECONDS.toNanos(60);
  private static final long POLL_NANOS = TimeUnit.MICROSECONDS.toNanos(500);

  /** Where in the memory that it holds the keeper answers. */
  private static final int ANSWER_AT = 1;

  private static final int WNOHANG = 1;

  private final Path script;
  private final List<Integer> devices;
  private final OptionalInt memory;
  private final OptionalInt held;

  private int memoryHeld = -1; // guarded by this
  private int words; // guarded by this
  private long process; // guarded by this
  private long startTicks; // guarded by this

  /**
   * It was told something and did not hear it: it may have ended before its child looked for it.
   */
  private boolean unheard; // guarded by this

  /**
   * @param script of which it is the process
   * @param devices descriptors of {@code /dev/fuse}, inherited; with {@code memory} the first is
   *     mounted and the others are its clones
   * @param memory descriptor of what an earlier daemon left; empty: there was none
   * @param held descriptor of the file system of the store, open since before the first daemon of
   *     this mount opened the store; empty: none is
   * @param words descriptor of the pipe
   */
  public Keeper(
      Path script, List<Integer> devices, OptionalInt memory, OptionalInt held, int words) {
    this.script = script;
    this.devices = List.copyOf(devices);
    this.memory = memory;
    this.held = held;
    this.words = words;
    memory.ifPresent(fd -> memoryHeld = fd);
    process = ProcessHandle.current().parent().orElseThrow().pid();
    startTicks = ProcessStart.ticks(process).orElse(0L);
  }

  /**
   * Keeps what was inherited from the processes that this one starts: who waits for the end of this
   * one must not wait for theirs. And has the kernel dump no core of this process: it would wait
   * for all threads, and one may wait for the next daemon. To be called before a mount is taken
   * over; {@link #hold} does it too.
   */
  public void enter() {
    List<Integer> inherited = new ArrayList<>(devices);
    memory.ifPresent(inherited::add);
    held.ifPresent(inherited::add);
    inherited.add(words);
    inherited.forEach(fd -> Linux.LIBC.fcntl(fd, Linux.F_SETFD, Linux.FD_CLOEXEC));
    int unused = Linux.LIBC.prctl(Linux.PR_SET_DUMPABLE, 0, 0, 0, 0);
  }

  /** Its process. */
  public synchronized long process() {
    return process;
  }

  /** When that process started. */
  public synchronized long startTicks() {
    return startTicks;
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
    boolean unused = say("release");
    Path open = Path.of("/proc", "" + process(), "fd", "" + held.getAsInt());
    long deadline = System.nanoTime() + HOLD_NANOS;
    while (Files.exists(open, LinkOption.NOFOLLOW_LINKS) && System.nanoTime() < deadline) {
      LockSupport.parkNanos(POLL_NANOS);
    }
  }

  /**
   * Has the keeper hold a file, the memory of the mount.
   *
   * @param isHeld whether it does by now
   * @throws MountException if it does not within ten seconds
   */
  public void hold(int fd, BooleanSupplier isHeld) throws MountException {
    boolean unused = say("hold " + fd);
    long deadline = System.nanoTime() + HOLD_NANOS;
    while (!isHeld.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new MountException(Reason.FAILED, "the keeper of the mount does not answer");
      }
      LockSupport.parkNanos(POLL_NANOS);
    }
    synchronized (this) {
      memoryHeld = fd;
    }
    enter(); // not before: it is found by way of this process's files
  }

  /**
   * The mount is served.
   *
   * @param minor of its device
   * @param log the file that tells what becomes of it
   */
  public void keep(int minor, String log) {
    boolean unused = say("keep " + minor + " " + log);
  }

  /**
   * Has the keeper try another program, while this daemon serves.
   *
   * @param program its keeper's script; empty: the one that this keeper is of, as it is by now
   * @return nothing if this daemon is to end now, so that the other takes over; or why not
   */
  public synchronized Optional<String> restart(String program) {
    ByteBuffer answer = ByteBuffer.allocateDirect(1);
    long address = Linux.addressOf(answer);
    Linux.LIBC.pwrite(memoryHeld, address, 1, ANSWER_AT);
    if (!say("restart " + program)) {
      return Optional.of("the process that would start the next daemon is gone");
    }
    long deadline = System.nanoTime() + TRIAL_NANOS;
    while (answer.get(0) == 0) {
      if (System.nanoTime() > deadline) {
        return Optional.of("the process that would start the next daemon does not answer");
      }
      LockSupport.parkNanos(POLL_NANOS);
      Linux.LIBC.pread(memoryHeld, address, 1, ANSWER_AT);
    }
    return answer.get(0) == 'y'
        ? Optional.empty()
        : Optional.of("the program that is installed now can not take it over");
  }

  /** The mount is gone. */
  public void end() {
    boolean unused = say("end");
  }

  /** Whether its process has ended. */
  public synchronized boolean isGone() {
    if (!unheard && ProcessStart.isThere(process, startTicks)) {
      return false;
    }
    ByteBuffer status = ByteBuffer.allocateDirect(Integer.BYTES);
    int unused = Linux.LIBC.waitpid((int) process, Linux.addressOf(status), WNOHANG);
    return true;
  }

  /**
   * Starts another in the place of one that is gone: it starts the daemons that follow this one.
   *
   * @param minor of the mount's device
   * @param log the file that tells what becomes of it
   * @param arguments for those daemons
   * @throws IOException if it can not be started
   */
  public synchronized void replace(int minor, String log, List<String> arguments)
      throws IOException {
    ByteBuffer pair = ByteBuffer.allocateDirect(2 * Integer.BYTES).order(ByteOrder.nativeOrder());
    if (Linux.LIBC.pipe2(Linux.addressOf(pair), Linux.O_CLOEXEC) != 0) {
      throw new IOException("no pipe: errno " + Linux.errno());
    }
    int heard = pair.getInt(0);
    int said = pair.getInt(Integer.BYTES);
    List<Integer> given = new ArrayList<>(devices);
    given.add(memoryHeld);
    held.ifPresent(given::add);
    given.add(heard);
    List<String> command =
        new ArrayList<>(
            List.of(
                "bash",
                script.toString(),
                "--watch",
                Long.toString(ProcessHandle.current().pid()),
                Integer.toString(heard),
                devices.stream().map(String::valueOf).collect(Collectors.joining(",")),
                Integer.toString(memoryHeld),
                Integer.toString(minor),
                log));
    held.ifPresent(fd -> command.addAll(List.of("--held", Integer.toString(fd))));
    command.addAll(arguments);
    Map<Integer, List<Integer>> descriptors = new HashMap<>();
    given.forEach(fd -> descriptors.put(fd, List.of(fd)));
    try {
      process = Spawn.start(command, descriptors, environment());
      startTicks = ProcessStart.ticks(process).orElse(0L);
    } catch (IOException failed) {
      Linux.LIBC.close(said);
      throw failed;
    } finally {
      Linux.LIBC.close(heard);
    }
    Linux.LIBC.close(words);
    words = said;
    unheard = false;
  }

  private static List<String> environment() {
    return System.getenv().entrySet().stream()
        .map(variable -> variable.getKey() + "=" + variable.getValue())
        .toList();
  }

  /** Returns whether it was heard: a keeper that is gone hears nothing. */
  private synchronized boolean say(String line) {
    byte[] text = (line + "\n").getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes = ByteBuffer.allocateDirect(text.length).put(text).flip();
    if (Linux.LIBC.write(words, Linux.addressOf(bytes), text.length) == text.length) {
      return true;
    }
    unheard = true;
    // not a constant: logging begins later than this class does
    LoggerFactory.getLogger(Keeper.class)
        .warn("the keeper of the mount is gone: errno {}", Linux.errno());
    return false;
  }
}
