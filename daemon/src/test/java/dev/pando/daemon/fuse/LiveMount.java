package dev.pando.daemon.fuse;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.pando.daemon.fuse.kernel.KernelTransport;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A file system in memory, really mounted on a directory of its own for the length of a test. */
public final class LiveMount implements AutoCloseable {
  public static final MountOptions UNCACHED =
      MountOptions.DEFAULT.withCachePolicy(CachePolicy.NONE);

  public final Probe probe = new Probe();
  public final MemoryFileSystem files;
  public final Path root;
  public final Mount mount;

  private LiveMount(Transport transport, boolean direct, MountOptions options) throws IOException {
    requireFuse();
    files = new MemoryFileSystem(direct, probe);
    root = Files.createTempDirectory("pando-mount");
    mount = transport.mount(files, root, options);
  }

  /** Disk images: the kernel keeps no pages. */
  public static LiveMount direct() throws IOException {
    return with(new KernelTransport(), true, UNCACHED);
  }

  /** Small files: the kernel keeps pages, and believes names and attributes for long. */
  public static LiveMount cached() throws IOException {
    return with(new KernelTransport(), false, MountOptions.DEFAULT);
  }

  public static LiveMount with(boolean direct, MountOptions options) throws IOException {
    return with(new KernelTransport(), direct, options);
  }

  public static LiveMount with(boolean direct, KernelTransport.Settings settings)
      throws IOException {
    return with(new KernelTransport(settings), direct, UNCACHED);
  }

  /** By any transport. */
  public static LiveMount with(Transport transport, boolean direct, MountOptions options)
      throws IOException {
    return new LiveMount(transport, direct, options);
  }

  public static void requireFuse() {
    assumeTrue(Files.exists(Path.of("/dev/fuse")), "this machine has no /dev/fuse");
  }

  public Path path(String name) {
    return root.resolve(name);
  }

  /** Runs a shell command in the mount and returns what it printed; fails if the command does. */
  public String shell(String command) throws IOException, InterruptedException {
    Process process = start(command);
    String printed =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    if (process.waitFor() != 0) {
      throw new AssertionError(command + " ended with " + process.exitValue() + ": " + printed);
    }
    return printed;
  }

  /** Starts a shell command in the mount. */
  public Process start(String command) throws IOException {
    return new ProcessBuilder(List.of("sh", "-c", command))
        .directory(root.toFile())
        .redirectErrorStream(true)
        .start();
  }

  /** Whether a program is installed. */
  public static boolean has(String program) throws IOException, InterruptedException {
    Process process = new ProcessBuilder("sh", "-c", "command -v " + program).start();
    return process.waitFor() == 0;
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
