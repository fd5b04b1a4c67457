package dev.pando.daemon.fuse.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.daemon.fuse.LiveMount;
import dev.pando.daemon.fuse.kernel.KernelTransport.Settings;
import dev.pando.daemon.fuse.wire.InitFlag;
import dev.pando.testing.Patience;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A kernel need not have any of the flags. */
@Timeout(Patience.HANG_SECONDS)
class InitFlagTest {
  private static final byte[] CONTENT = new byte[300_000];

  static {
    new Random(3).nextBytes(CONTENT);
  }

  private static LiveMount without(boolean direct, InitFlag... flags) throws Exception {
    Settings settings = Settings.DEFAULT;
    for (InitFlag flag : flags) {
      settings = settings.without(flag.name());
    }
    return LiveMount.with(direct, settings);
  }

  private static void assertWorks(LiveMount live) throws Exception {
    Files.write(live.path("disk"), CONTENT);
    assertArrayEquals(CONTENT, Files.readAllBytes(live.path("disk")));
    live.shell("mkdir d && cp disk d/copy && cmp disk d/copy && ls -l d && : > disk && rm -r d");
    assertEquals(0, Files.size(live.path("disk")));
  }

  @ParameterizedTest
  @EnumSource(InitFlag.class)
  void theMountWorksWithoutAnyOneFlag(InitFlag flag) throws Exception {
    for (boolean direct : new boolean[] {true, false}) {
      try (LiveMount live = without(direct, flag)) {
        assertWorks(live);
      }
    }
  }

  @Test
  void theMountWorksWithoutAllOfThem() throws Exception {
    try (LiveMount live = without(true, InitFlag.values())) {
      assertWorks(live);
    }
  }

  @Test
  void requestsAreAsLargeAsTheFlagsAllow() throws Exception {
    assertEquals(300_000, largestWrite(true));
    assertEquals(128 << 10, largestWrite(true, InitFlag.MAX_PAGES));
    assertEquals(300_000, largestWrite(false));
    assertEquals(4096, largestWrite(false, InitFlag.BIG_WRITES));
  }

  private static int largestWrite(boolean direct, InitFlag... withheld) throws Exception {
    try (LiveMount live = without(direct, withheld)) {
      ByteBuffer buffer = ByteBuffer.allocateDirect(CONTENT.length + 8192).alignedSlice(4096);
      try (FileChannel channel =
          FileChannel.open(
              live.path("disk"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
        channel.write(buffer.put(CONTENT).flip());
      }
      assertTrue(live.probe.writeLengths().size() >= 1);
      return Collections.max(live.probe.writeLengths());
    }
  }

  @Test
  void aFlagThatDoesNotExistIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> Settings.DEFAULT.without("NO_SUCH_FLAG"));
  }
}
