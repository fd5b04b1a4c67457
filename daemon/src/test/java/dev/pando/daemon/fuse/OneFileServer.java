package dev.pando.daemon.fuse;

import dev.pando.daemon.fuse.kernel.KernelTransport;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Mounts a {@link OneFileSystem} and serves it until it is unmounted from outside, or the process
 * is asked to end: {@code OneFileServer MOUNTPOINT FILE [cached|direct]}. Prints {@code ready} when
 * the mount answers.
 */
public final class OneFileServer {
  private OneFileServer() {}

  public static void main(String[] arguments) throws Exception {
    if (arguments.length < 2) {
      System.err.println("usage: OneFileServer MOUNTPOINT FILE [cached|direct]");
      System.exit(2);
    }
    boolean direct = arguments.length < 3 || !arguments[2].equals("cached");
    OneFileSystem fileSystem = new OneFileSystem(Path.of(arguments[1]), direct);
    Mount mount =
        new KernelTransport().mount(fileSystem, Path.of(arguments[0]), MountOptions.DEFAULT);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> end(mount)));
    System.out.println("ready");
    boolean ended;
    do {
      ended = mount.awaitEnd(Duration.ofDays(1));
    } while (!ended);
  }

  private static void end(Mount mount) {
    try {
      mount.detach();
    } catch (MountException failed) {
      System.err.println(failed.getMessage());
    }
  }
}
