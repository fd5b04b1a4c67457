package dev.pando.cowstore.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the host is asked, it answers as other programs hear it. */
final class NativeIoTest {
  /** What other programs may take or give back between two questions. */
  private static final long OTHERS_BYTES = 1L << 30;

  @TempDir Path directory;

  @Test
  void whatIsLeftOnTheDiskIsWhatOtherProgramsHear() throws Exception {
    long ours = new NativeIo().availableBytes(directory);
    long others = Files.getFileStore(directory).getUsableSpace();
    assertTrue(Math.abs(ours - others) < OTHERS_BYTES, ours + " against " + others);
  }

  @Test
  void aPathThatIsNotThereIsRefusedWithItsError() {
    HostException refusal =
        assertThrows(
            HostException.class,
            () -> new NativeIo().availableBytes(directory.resolve("not there")));
    assertEquals(2, refusal.errno());
  }
}
