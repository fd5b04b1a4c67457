package dev.pando.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.pando.testing.Patience;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Whoever mounts with {@code --accept-loss} accepts what was lost before, and nothing else. */
final class AcceptedLossTest {
  private static final int HEAD_BYTES = 4096;

  @Test
  void aDaemonThatTakesOverAcceptsNoLossOfItsOwn() throws Exception {
    try (MountedStore store = MountedStore.unmounted("--accept-loss")) {
      store.mountWithLittlePatience();
      Files.writeString(store.at("file"), "acknowledged");
      Path journal = store.store().resolve("journal");
      try (FileChannel channel = FileChannel.open(journal, StandardOpenOption.WRITE)) {
        channel.write(ByteBuffer.allocate(HEAD_BYTES), 0);
      }
      store.killDaemon();
      Patience.await("the mount is given up", () -> !isMounted(store.mountpoint()));
      try (var files = Files.list(store.store())) {
        assertEquals(
            List.of(), files.filter(file -> file.toString().contains("journal.damaged")).toList());
      }
    }
  }

  private static boolean isMounted(Path mountpoint) throws Exception {
    return Files.readString(Path.of("/proc/self/mounts")).contains(" " + mountpoint + " ");
  }
}
