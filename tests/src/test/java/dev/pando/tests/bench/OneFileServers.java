package dev.pando.tests.bench;

import dev.pando.testing.Patience;
import dev.pando.tests.Program;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** T: Pando's transport over one file of the host, with no store behind it. */
final class OneFileServers {
  private static final String SERVER = "dev.pando.daemon.fuse.OneFileServer";
  private static final String SHOWN = "disk.img";

  private final Path directory;
  private int made;

  OneFileServers(Path directory) {
    this.directory = directory;
  }

  /** Makes what it shows a new file, with nothing in it: the server goes on, and stays warm. */
  static Subject emptied(Subject served, long sizeBytes) throws IOException {
    Program.shell("truncate -s 0 \"$1\" && truncate -s \"$2\" \"$1\"", served.file(), sizeBytes)
        .run()
        .succeeded();
    return Subject.staying(served.file());
  }

  /**
   * A file that is there.
   *
   * @param direct whether the kernel keeps no pages of it
   */
  Subject of(Path file, boolean direct) throws IOException {
    Path mountpoint = Files.createDirectory(directory.resolve("t" + ++made));
    Process server =
        Program.of(
                List.of(
                    ProcessHandle.current().info().command().orElse("java"),
                    "--add-opens=java.base/java.nio=ALL-UNNAMED",
                    "-Xms64m",
                    "-Xmx512m",
                    "-XX:+UseG1GC",
                    "-Xmn12m",
                    "-XX:GCTimeRatio=1",
                    "-XX:MinHeapFreeRatio=10",
                    "-XX:MaxHeapFreeRatio=30",
                    "-cp",
                    classPath(),
                    SERVER,
                    mountpoint.toString(),
                    file.toString(),
                    direct ? "direct" : "cached"))
            .start();
    Path shown = mountpoint.resolve(SHOWN);
    Subject subject =
        new Subject(
            shown,
            () -> {
              Program.of("umount", mountpoint.toString()).run();
              server.destroy();
              server.onExit().join();
              Files.delete(mountpoint);
            });
    try {
      Patience.await(shown + " is there", () -> Files.exists(shown) || !server.isAlive());
      if (!server.isAlive()) {
        throw new IllegalStateException(SERVER + " ended with " + server.exitValue());
      }
      return subject;
    } catch (Throwable failure) {
      subject.close();
      throw failure;
    }
  }

  private static String classPath() {
    Path checkout = Path.of(System.getProperty("pando.checkout", ".."));
    return checkout.resolve("daemon/target/test-classes")
        + File.pathSeparator
        + checkout.resolve("cli/target/lib")
        + "/*";
  }
}
