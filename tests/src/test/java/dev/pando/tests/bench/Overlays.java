package dev.pando.tests.bench;

import dev.pando.testing.Patience;
import dev.pando.tests.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Q and I: qcow2 overlays over one raw base. */
final class Overlays {
  private final Path directory;
  private final Path base;
  private int made;

  Overlays(Path directory, Path base) {
    this.directory = directory;
    this.base = base;
  }

  /** A new one; none of its blocks is its own, which is verified. */
  Subject fresh() throws IOException {
    Path overlay = directory.resolve("q" + ++made + ".qcow2");
    Program.of(
            "qemu-img",
            "create",
            "-q",
            "-f",
            "qcow2",
            "-F",
            "raw",
            "-b",
            base.toString(),
            overlay.toString())
        .run()
        .succeeded();
    String map =
        Program.of("qemu-img", "map", "--output=json", overlay.toString()).run().succeeded().out();
    if (map.contains("\"depth\": 0")) {
      throw new IllegalStateException(overlay + " has blocks of its own");
    }
    return new Subject(overlay, () -> Files.delete(overlay));
  }

  /** A new one, shown as a raw file by QEMU's own FUSE server. */
  Subject exported() throws IOException {
    Subject overlay = fresh();
    Path shown = directory.resolve("q" + made + ".img");
    Files.createFile(shown);
    Process server =
        Program.of(
                List.of(
                    "qemu-storage-daemon",
                    "--blockdev",
                    "driver=qcow2,node-name=disk,file.driver=file,file.filename=" + overlay.file(),
                    "--export",
                    "type=fuse,id=export,node-name=disk,mountpoint=" + shown + ",writable=on"))
            .start();
    Subject export =
        new Subject(
            shown,
            () -> {
              server.destroy();
              server.onExit().join();
              Files.delete(shown);
              overlay.close();
            });
    try {
      Patience.await(shown + " shows the disk", () -> Files.size(shown) > 0 || !server.isAlive());
      if (!server.isAlive()) {
        throw new IllegalStateException("qemu-storage-daemon ended with " + server.exitValue());
      }
      return export;
    } catch (Throwable failure) {
      export.close();
      throw failure;
    }
  }
}
