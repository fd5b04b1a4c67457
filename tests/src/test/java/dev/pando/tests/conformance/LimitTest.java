package dev.pando.tests.conformance;

import static dev.pando.daemon.tree.Errno.EFBIG;
import static dev.pando.daemon.tree.Errno.EINVAL;
import static dev.pando.daemon.tree.Errno.EISDIR;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.tests.Outcome;
import java.io.IOException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Sizes, truncate(2) and statfs(2). */
final class LimitTest extends VolumeTest {
  /** Of an ext4 with blocks of 4 KiB. */
  private static final long EXT4_MOST_BYTES = (1L << 44) - 4096;

  LimitTest(Volume volume) {
    super(volume);
  }

  @Test
  void aFileIsCutAndGrowsByHoles() {
    make("file", "some text");
    Posix.truncate(at("file"), 4);
    assertEquals("some", text("file"));
    Posix.truncate(at("file"), 8);
    assertEquals("some\0\0\0\0", text("file"));
    Posix.truncate(at("file"), 0);
    assertEquals(0, Posix.stat(at("file")).size());
    assertEquals(0, Posix.stat(at("file")).blocks());
    refused(EINVAL, () -> Posix.truncate(at("file"), -1));
    Posix.mkdir(at("d"), 0755);
    refused(EISDIR, () -> Posix.truncate(at("d"), 0));
  }

  @Test
  void aFileIsSparseToNearly16TiB() {
    int fd = Posix.open(at("file"), Posix.O_CREAT | Posix.O_RDWR, 0644);
    Posix.ftruncate(fd, EXT4_MOST_BYTES);
    assertEquals(EXT4_MOST_BYTES, Posix.fstat(fd).size());
    assertTrue(Posix.fstat(fd).blocks() < 64);
    Posix.pwrite(fd, Posix.bytes("end"), EXT4_MOST_BYTES - 3);
    assertArrayEquals(Posix.bytes("end"), Posix.pread(fd, 3, EXT4_MOST_BYTES - 3));
    assertArrayEquals(new byte[2], Posix.pread(fd, 2, EXT4_MOST_BYTES / 2));
    Posix.close(fd);
  }

  @Test
  void aFileOfPandoGrowsPast16TiB() {
    int fd = Posix.open(at("file"), Posix.O_CREAT | Posix.O_RDWR, 0644);
    long size = 1L << 46;
    if (volume().isPando()) {
      Posix.ftruncate(fd, size);
      Posix.pwrite(fd, Posix.bytes("end"), size - 3);
      assertArrayEquals(Posix.bytes("end"), Posix.pread(fd, 3, size - 3));
      assertEquals(size, Posix.fstat(fd).size());
    } else {
      refused(EFBIG, () -> Posix.ftruncate(fd, size));
    }
    Posix.close(fd);
  }

  @Test
  void noFileIsAsLargeAsANumberCanBe() {
    int fd = Posix.open(at("file"), Posix.O_CREAT | Posix.O_RDWR, 0644);
    Posix.pwrite(fd, Posix.bytes("text"), 0);
    refused(EFBIG, () -> Posix.ftruncate(fd, Long.MAX_VALUE));
    refused(EFBIG, () -> Posix.pwrite(fd, new byte[1], Long.MAX_VALUE - 1));
    refused(EFBIG, () -> Posix.fallocate(fd, 0, Long.MAX_VALUE - 10, 100));
    assertEquals("text", text(fd));
    Posix.close(fd);
  }

  @Test
  void theLimitOfAProcessHolds() throws IOException {
    Outcome outcome =
        shell(
            """
            ulimit -f 8
            trap '' XFSZ
            dd if=/dev/zero of=file bs=1k count=20 2>&1
            truncate -s 1M other 2>&1
            """);
    assertTrue(outcome.out().contains("File too large"), outcome::toString);
    assertNotEquals(0, outcome.exitCode());
    assertEquals(8192, Posix.stat(at("file")).size());
    assertEquals(0, Posix.stat(at("other")).size());
  }

  @Test
  void aChangeOfAttributesLeavesTheOthers() {
    make("file", "text");
    Posix.chown(at("file"), 5, 6);
    Posix.chmod(at("file"), 0624);
    Posix.utimensat(at("file"), 1, 2, 3, 4);
    Posix.truncate(at("file"), 2);
    Posix.Stat stat = Posix.stat(at("file"));
    assertEquals(2, stat.size());
    assertEquals(Posix.S_IFREG | 0624, stat.mode());
    assertEquals(5, stat.uid());
    assertEquals(6, stat.gid());
    assertEquals(new Posix.Time(1, 2), stat.accessed());
    Posix.chown(at("file"), -1, 7);
    assertEquals(5, Posix.stat(at("file")).uid());
    assertEquals(7, Posix.stat(at("file")).gid());
    Posix.chown(at("file"), 8, -1);
    assertEquals(8, Posix.stat(at("file")).uid());
    assertEquals(7, Posix.stat(at("file")).gid());
  }

  @Test
  void idsHave32Bits() {
    make("file", "text");
    int largest = -2; // 4,294,967,294: -1 means to leave it as it is
    Posix.chown(at("file"), largest, largest);
    assertEquals(largest, Posix.stat(at("file")).uid());
    assertEquals(largest, Posix.stat(at("file")).gid());
  }

  @Test
  void theFiguresOfTheFileSystemMakeSense() {
    Posix.FileSystemStat stat = Posix.statfs(directory());
    assertEquals(255, stat.nameMax());
    assertEquals(4096, stat.blockSize());
    assertEquals(4096, stat.fragmentSize());
    assertTrue(stat.blocks() > 0, stat::toString);
    assertTrue(stat.freeBlocks() <= stat.blocks(), stat::toString);
    assertTrue(stat.availableBlocks() <= stat.freeBlocks(), stat::toString);
    assertTrue(stat.freeFiles() > 0 && stat.freeFiles() <= stat.files(), stat::toString);
    assertEquals(stat.blocks(), Posix.statfs(directory().getParent()).blocks());
  }

  @Test
  void blocksAreCountedIn512Bytes() {
    int fd = Posix.open(at("file"), Posix.O_CREAT | Posix.O_RDWR, 0644);
    byte[] data = new byte[64 << 10];
    Arrays.fill(data, (byte) 1);
    Posix.pwrite(fd, data, 1 << 20);
    Posix.fsync(fd);
    assertEquals((64 << 10) / 512, Posix.fstat(fd).blocks());
    Posix.close(fd);
  }
}
