package dev.pando.daemon.fuse.kernel;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.pando.daemon.fuse.CachePolicy;
import dev.pando.daemon.fuse.MemoryFileSystem;
import dev.pando.daemon.fuse.Mount;
import dev.pando.daemon.fuse.MountException;
import dev.pando.daemon.fuse.MountOptions;
import dev.pando.daemon.fuse.Probe;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A file system in memory, really mounted on a directory of its own for the length of a test. */
final class LiveMount implements AutoCloseable {
  static final MountOptions UNCACHED = MountOptions.DEFAULT.withCachePolicy(CachePolicy.NONE);

  final Probe probe = new Probe();
  final MemoryFileSystem files;
  final Path root;
  final Mount mount;

  private LiveMount(boolean direct, MountOptions options, KernelTransport.Settings settings)
      throws IOException {
    requireFuse();
    files = new MemoryFileSystem(direct, probe);
    root = Files.createTempDirectory("pando-mount");
    mount = new KernelTransport(settings).mount(files, root, options);
  }

  /** Disk images: the kernel keeps no pages. */
  static LiveMount direct() throws IOException {
    return new LiveMount(true, UNCACHED, KernelTransport.Settings.DEFAULT);
  }

  /** Small files: the kernel keeps pages, and believes names and attributes for long. */
  static LiveMount cached() throws IOException {
    return new LiveMount(false, MountOptions.DEFAULT, KernelTransport.Settings.DEFAULT);
  }

  static LiveMount with(boolean direct, MountOptions options) throws IOException {
    return new LiveMount(direct, options, KernelTransport.Settings.DEFAULT);
  }

  static LiveMount with(boolean direct, KernelTransport.Settings settings) throws IOException {
    return new LiveMount(direct, UNCACHED, settings);
  }

  static void requireFuse() {
    assumeTrue(Files.exists(Path.of("/dev/fuse")), "this machine has no /dev/fuse");
  }

  Path path(String name) {
    return root.resolve(name);
  }

  /** Runs a shell command in the mount and returns what it printed; fails if the command does. */
  String shell(String command) throws IOException, InterruptedException {
    Process process = start(command);
    String printed =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    if (process.waitFor() != 0) {
      throw new AssertionError(command + " ended with " + process.exitValue() + ": " + printed);
    }
    return printed;
  }

  /** Starts a shell command in the mount. */
  Process start(String command) throws IOException {
    return new ProcessBuilder(List.of("sh", "-c", command))
        .directory(root.toFile())
        .redirectErrorStream(true)
        .start();
  }

  /** Whether a program is installed. */
  static boolean has(String program) throws IOException, InterruptedException {
    Process process = new ProcessBuilder("sh", "-c", "command -v " + program).start();
    return process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0;
  }

  @Override
  public void close() throws IOException {
    probe.letReadsGo();
    try {
      mount.abort();
    } catch (MountException failed) {
      throw new AssertionError(failed);
    }
    Files.deleteIfExists(root);
  }
}
