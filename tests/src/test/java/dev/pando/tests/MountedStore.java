package dev.pando.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.pando.cli.CommandHere;
import dev.pando.daemon.control.ControlClient;
import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.MountEntry;
import dev.pando.daemon.control.MountRegistry;
import dev.pando.testing.Patience;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;

/** A new store and its mount, for one test; gone with all that belongs to it when closed. */
public final class MountedStore implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Commands that start processes, or open a store. */
  private static final Set<String> IN_A_PROCESS = Set.of("mount", "restart", "check", "demo");

  private static final String TAKING_OVER = "another is about to take over: try again in a moment";

  private final Path work;
  private final Path store;
  private final Path mountpoint;
  private final List<String> options;

  /** Where the commands and daemons come from; empty: from this build. */
  private final Optional<Path> checkout;

  private MountedStore(Path work, Path store, Optional<Path> checkout, String... options) {
    this.work = work;
    this.checkout = checkout;
    this.options = List.of(options);
    this.store = store;
    this.mountpoint = work.resolve("mnt");
  }

  /** A directory with a mount point; nothing is mounted yet. Each mount will get the options. */
  public static MountedStore unmounted(String... options) throws IOException {
    Path work = Files.createTempDirectory("pando-test-");
    return unmounted(work, work.resolve("store"), options);
  }

  /** A mount point for a store that is somewhere else, and stays there. */
  static MountedStore unmounted(Path store) throws IOException {
    return unmounted(Files.createTempDirectory("pando-test-"), store);
  }

  private static MountedStore unmounted(Path work, Path store, String... options)
      throws IOException {
    return unmounted(new MountedStore(work, store, Optional.empty(), options));
  }

  private static MountedStore unmounted(MountedStore mounted) throws IOException {
    Files.createDirectory(mounted.mountpoint);
    return mounted;
  }

  public static MountedStore mounted(String... options) throws IOException {
    return mounted(unmounted(options));
  }

  /** Mounts a store that is somewhere else, and stays there; it is made if it is not there. */
  public static MountedStore showing(Path store, String... options) throws IOException {
    return mounted(unmounted(Files.createTempDirectory("pando-test-"), store, options));
  }

  /** The same by the commands and the daemon of another checkout, with a store of its own. */
  public static MountedStore showing(Path store, Path checkout) throws IOException {
    Path work = Files.createTempDirectory("pando-test-");
    return mounted(unmounted(new MountedStore(work, store, Optional.of(checkout))));
  }

  private static MountedStore mounted(MountedStore mounted) throws IOException {
    try {
      mounted.mount();
      return mounted;
    } catch (Throwable failure) {
      mounted.close();
      throw failure;
    }
  }

  /** A directory of the test's own, on the host. */
  public Path work() {
    return work;
  }

  public Path store() {
    return store;
  }

  public Path mountpoint() {
    return mountpoint;
  }

  /** A path in the mount. */
  public Path at(String path) {
    return mountpoint.resolve(path);
  }

  public void mount() throws IOException {
    List<String> arguments =
        new ArrayList<>(List.of("mount", store.toString(), mountpoint.toString()));
    arguments.addAll(options);
    pando(arguments.toArray(String[]::new)).succeeded();
  }

  /** The same, with a keeper that gives up soon when no daemon can start. */
  void mountWithLittlePatience() throws IOException {
    List<String> arguments =
        new ArrayList<>(List.of("mount", store.toString(), mountpoint.toString()));
    arguments.addAll(options);
    command(arguments.toArray(String[]::new)).with("PANDO_PATIENCE", 5).run().succeeded();
  }

  public void umount() throws IOException {
    pando("umount", mountpoint.toString()).succeeded();
  }

  /**
   * A command for this mount, which sees no other: its daemons meet in a directory of their own.
   */
  public Program command(String... arguments) {
    return checkout
        .map(other -> Pando.commandOf(other, arguments))
        .orElseGet(() -> Pando.command(arguments))
        .with("PANDO_MOUNT", mountpoint)
        .with("PANDO_RUN", work.resolve("run"));
  }

  /**
   * Runs a command for this mount, in this process if it starts none. Where it finds that one
   * daemon has ended and the next is not there yet, it does what it is told: it tries again in a
   * moment.
   */
  public Outcome pando(String... arguments) throws IOException {
    AtomicReference<Outcome> outcome = new AtomicReference<>();
    Patience.await(
        "another daemon takes over",
        () -> {
          outcome.set(once(arguments));
          return !outcome.get().err().contains(TAKING_OVER);
        });
    return outcome.get();
  }

  private Outcome once(String... arguments) throws IOException {
    boolean inAProcess =
        checkout.isPresent()
            || IN_A_PROCESS.contains(arguments[0])
            || List.of(arguments).contains("--");
    return inAProcess ? command(arguments).run() : here(arguments);
  }

  private Outcome here(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CompletableFuture<Integer> exit =
        CompletableFuture.supplyAsync(
            () ->
                CommandHere.run(
                    work.resolve("run"),
                    mountpoint,
                    new PrintWriter(out),
                    new PrintWriter(err),
                    arguments),
            work -> new Thread(work, "pando-" + arguments[0]).start());
    try {
      int exitCode = Patience.get(List.of(arguments) + " to end", Program.LIMIT, exit);
      List<String> command = new ArrayList<>(List.of("pando"));
      command.addAll(List.of(arguments));
      return new Outcome(command, exitCode, out.toString(), err.toString());
    } catch (ExecutionException e) {
      throw new AssertionError(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** Runs a command for this mount, which must succeed, and returns its document. */
  public JsonNode json(String... arguments) throws IOException {
    String[] all = java.util.Arrays.copyOf(arguments, arguments.length + 1);
    all[arguments.length] = "--json";
    return JSON.readTree(pando(all).succeeded().out());
  }

  /** A connection to its daemon, as commands have one. */
  public ControlClient connect() throws IOException {
    try {
      return ControlClient.connect(
          new MountRegistry(work.resolve("run")).mountAt(mountpoint).orElseThrow());
    } catch (ControlException e) {
      throw new IOException(e);
    }
  }

  /** The names of all VMs, in order. */
  public List<String> names() throws IOException {
    List<String> names = new ArrayList<>();
    json("list").path("vms").forEach(vm -> names.add(vm.path("name").asText()));
    names.sort(null);
    return names;
  }

  /** What {@code status} says of this mount; the first, where there may be no other. */
  public JsonNode status() throws IOException {
    return json("status").path("mounts").path(0);
  }

  /** Where its daemons log. */
  public Path log() throws IOException {
    return Path.of(status().path("log").asText());
  }

  /** Whether a daemon serves it, and takes changes. */
  public boolean isReady() throws IOException {
    return status().path("state").asText().equals("ready");
  }

  /** The daemon that shows this store; the next one, if the last was just killed. */
  public ProcessHandle daemon() throws IOException {
    AtomicReference<ProcessHandle> daemon = new AtomicReference<>();
    Patience.await(
        "a daemon shows " + mountpoint,
        () -> {
          mountedBy().ifPresent(daemon::set);
          return daemon.get() != null;
        });
    return daemon.get();
  }

  private Optional<ProcessHandle> mountedBy() throws IOException {
    for (JsonNode mount : json("status").path("mounts")) {
      if (mount.path("mountpoint").asText().equals(mountpoint.toString())) {
        return ProcessHandle.of(mount.path("pid").asLong());
      }
    }
    return Optional.empty();
  }

  /** By which commands find it. */
  MountEntry entry() throws IOException {
    AtomicReference<MountEntry> entry = new AtomicReference<>();
    Patience.await(
        "an entry of " + mountpoint,
        () -> {
          new MountRegistry(work.resolve("run")).mountAt(mountpoint).ifPresent(entry::set);
          return entry.get() != null;
        });
    return entry.get();
  }

  /** Kills the daemon and its keeper as the kernel would, and waits until they are gone. */
  public void kill() throws IOException {
    ProcessHandle daemon = daemon();
    // or it would start another keeper
    Program.of("kill", "-STOP", Long.toString(daemon.pid())).run().succeeded();
    keeper().ifPresent(MountedStore::end);
    end(daemon);
  }

  /** Kills the daemon alone: its keeper starts another. */
  public void killDaemon() throws IOException {
    end(daemon());
  }

  /** The process that starts daemons for this mount; none for a mount through libfuse. */
  public Optional<ProcessHandle> keeper() throws IOException {
    MountEntry entry = entry();
    return entry.hasKeeper() ? ProcessHandle.of(entry.keeper()) : Optional.empty();
  }

  private static void end(ProcessHandle daemon) {
    daemon.destroyForcibly();
    Daemons.awaitEnd(daemon);
  }

  /** Imports a template that boots nothing but has a disk with this much in it, and freezes it. */
  public TinyVm template(String name, int mebibytes) throws IOException {
    TinyVm vm = TinyVm.in(work.resolve("host").resolve(name), mebibytes);
    pando("import", vm.directory().toString(), name).succeeded();
    pando("freeze", name).succeeded();
    return vm;
  }

  /** Unmounts, also for a thread that was told to stop. */
  @Override
  public void close() throws IOException {
    boolean interrupted = Thread.interrupted();
    try {
      end();
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void end() throws IOException {
    Outcome gone = pando("umount", "--force", mountpoint.toString());
    if (gone.exitCode() != 0) {
      Optional<ProcessHandle> hung = mountedBy();
      if (hung.isPresent()) {
        keeper().ifPresent(MountedStore::end);
        end(hung.get());
      }
      pando("umount", "--force", mountpoint.toString()).succeeded();
    }
    try (Stream<Path> files = Files.walk(work)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
    assertEquals(0, gone.exitCode(), gone::toString);
  }
}
