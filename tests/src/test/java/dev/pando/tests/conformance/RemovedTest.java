package dev.pando.tests.conformance;

import static dev.pando.daemon.tree.Errno.ENOENT;
import static dev.pando.tests.conformance.Posix.AT_FDCWD;
import static dev.pando.tests.conformance.Posix.AT_SYMLINK_FOLLOW;
import static dev.pando.tests.conformance.Posix.O_CREAT;
import static dev.pando.tests.conformance.Posix.O_DIRECTORY;
import static dev.pando.tests.conformance.Posix.O_NOFOLLOW;
import static dev.pando.tests.conformance.Posix.O_PATH;
import static dev.pando.tests.conformance.Posix.O_RDONLY;
import static dev.pando.tests.conformance.Posix.O_RDWR;
import static dev.pando.tests.conformance.Volume.JNR_FUSE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.testing.Patience;
import dev.pando.tests.Outcome;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** What has lost its last name and is still held by someone. */
final class RemovedTest extends VolumeTest {
  private static final String NO_NODES =
      "libfuse 2.9 knows paths only: what is removed and not an open file is gone, ENOENT";

  RemovedTest(Volume volume) {
    super(volume);
  }

  private static Path descriptor(int fd) {
    return Path.of("/proc/self/fd/" + fd);
  }

  @Test
  void anOpenFileIsReadAndWrittenOn() {
    for (String name : new String[] {"file", "disk.img"}) {
      make(name, "text");
      int fd = Posix.open(at(name), O_RDWR);
      Posix.unlink(at(name));
      Posix.pwrite(fd, Posix.bytes(" and more"), 4);
      assertEquals("text and more", text(fd));
      Posix.ftruncate(fd, 8);
      assertEquals(8, Posix.fstat(fd).size());
      Posix.ftruncate(fd, 1 << 20);
      assertEquals(1 << 20, Posix.fstat(fd).size());
      Posix.close(fd);
      refused(ENOENT, () -> Posix.stat(at(name)));
    }
  }

  @Test
  void anOpenFileHasNoLinkAndKeepsItsAttributes() {
    make("file", "text");
    Posix.setxattr(at("file"), "user.a", Posix.bytes("value"), 0);
    int fd = Posix.open(at("file"), O_RDWR);
    Posix.unlink(at("file"));
    assertEquals(0, Posix.fstat(fd).links());
    assertArrayEquals(Posix.bytes("value"), Posix.fgetxattr(fd, "user.a"));
    Posix.fsetxattr(fd, "user.b", Posix.bytes("other"), 0);
    assertArrayEquals(Posix.bytes("other"), Posix.fgetxattr(fd, "user.b"));
    Posix.fchmod(fd, 0604);
    Posix.fchown(fd, 5, 6);
    assertEquals(0604, Posix.fstat(fd).permissions());
    assertEquals(5, Posix.fstat(fd).uid());
    Posix.fsync(fd);
    Posix.close(fd);
  }

  @Test
  void anOpenFileIsNotGivenANameAgain() {
    make("file", "text");
    int fd = Posix.open(at("file"), O_RDWR);
    Posix.unlink(at("file"));
    refused(
        ENOENT,
        () -> Posix.linkat(AT_FDCWD, Posix.bytes(descriptor(fd)), at("again"), AT_SYMLINK_FOLLOW));
    Posix.close(fd);
  }

  @Test
  void anOpenFileIsOpenedAgainByItsDescriptor() {
    make("file", "text");
    int fd = Posix.open(at("file"), O_RDONLY);
    Posix.unlink(at("file"));
    int again = Posix.open(descriptor(fd), O_RDWR);
    Posix.close(fd);
    Posix.pwrite(again, Posix.bytes("TEXT"), 0);
    assertEquals("TEXT", text(again));
    Posix.close(again);
  }

  @Test
  void aNewFileOfTheSameNameIsAnother() {
    make("file", "old");
    int fd = Posix.open(at("file"), O_RDWR);
    Posix.unlink(at("file"));
    make("file", "new");
    assertEquals("old", text(fd));
    assertEquals("new", text("file"));
    Posix.close(fd);
  }

  @Test
  @NotOn(value = JNR_FUSE, because = NO_NODES)
  void aFileThatIsOnlyNamedByADescriptorIsStillThere() {
    make("file", "text");
    int path = Posix.open(at("file"), O_PATH);
    Posix.unlink(at("file"));
    assertEquals(0, Posix.fstat(path).links());
    assertEquals(4, Posix.fstat(path).size());
    int fd = Posix.open(descriptor(path), O_RDWR);
    assertEquals("text", text(fd));
    Posix.close(fd);
    assertEquals(4, Posix.fstat(path).size());
    Posix.close(path);
  }

  @Test
  @NotOn(value = JNR_FUSE, because = NO_NODES)
  void anOpenDirectoryIsEmptyAndTakesNothing() {
    Posix.mkdir(at("d"), 0750);
    int fd = Posix.open(at("d"), O_RDONLY | O_DIRECTORY);
    Posix.rmdir(at("d"));
    assertEquals(0, Posix.fstat(fd).links());
    assertEquals(Posix.S_IFDIR | 0750, Posix.fstat(fd).mode());
    refused(ENOENT, () -> Posix.getdents(fd, ByteBuffer.allocateDirect(1024)));
    refused(ENOENT, () -> Posix.openat(fd, "file", O_CREAT | O_RDWR, 0644));
    refused(ENOENT, () -> Posix.mkdirat(fd, "sub", 0755));
    refused(ENOENT, () -> Posix.fstatat(fd, "file"));
    assertEquals(Posix.stat(directory()).inode(), Posix.fstatat(fd, "..").inode());
    assertEquals(Posix.fstat(fd).inode(), Posix.fstatat(fd, ".").inode());
    Posix.fchmod(fd, 0700);
    assertEquals(0700, Posix.fstat(fd).permissions());
    Posix.close(fd);
  }

  @Test
  @NotOn(value = JNR_FUSE, because = NO_NODES)
  void aDirectoryThatWasReplacedIsEmptyToo() {
    Posix.mkdir(at("d"), 0750);
    Posix.mkdir(at("moved"), 0750);
    int fd = Posix.open(at("d"), O_RDONLY | O_DIRECTORY);
    Posix.rename(at("moved"), at("d"));
    assertEquals(0, Posix.fstat(fd).links());
    refused(ENOENT, () -> Posix.mkdirat(fd, "sub", 0755));
    assertEquals(2, Posix.stat(at("d")).links());
    Posix.close(fd);
  }

  @Test
  @NotOn(value = JNR_FUSE, because = NO_NODES)
  void aProcessStandsInADirectoryThatIsGone() throws IOException {
    Outcome outcome =
        shell(
                """
                mkdir -p a/b && cd a/b && rmdir ../b || exit 9
                stat -c %h . && test -z "$(ls -A . 2>/dev/null)" && ! mkdir sub 2>/dev/null
                test ! -e sub && cd .. && pwd -P && ls -A
                """)
            .succeeded();
    assertEquals("0\n" + at("a") + "\n", outcome.out());
  }

  @Test
  @NotOn(value = JNR_FUSE, because = NO_NODES)
  void everyKindThatIsHeldKeepsItsAttributes() {
    Posix.mknod(at("fifo"), Posix.S_IFIFO | 0644, 0);
    Posix.mknod(at("socket"), Posix.S_IFSOCK | 0644, 0);
    Posix.mknod(at("device"), Posix.S_IFCHR | 0644, 0x103);
    Posix.symlink(Posix.bytes("target"), at("symlink"));
    for (String name : new String[] {"fifo", "socket", "device", "symlink"}) {
      Posix.Stat before = Posix.lstat(at(name));
      int fd = Posix.open(at(name), O_PATH | O_NOFOLLOW);
      Posix.unlink(at(name));
      Posix.Stat after = Posix.fstat(fd);
      assertEquals(0, after.links(), name);
      assertEquals(before.mode(), after.mode(), name);
      assertEquals(before.inode(), after.inode(), name);
      assertEquals(before.size(), after.size(), name);
      Posix.close(fd);
    }
  }

  @Test
  @NotOn(value = JNR_FUSE, because = NO_NODES)
  void anOpenFifoThatIsRemovedStillCarriesData() {
    Posix.mknod(at("fifo"), Posix.S_IFIFO | 0644, 0);
    int fd = Posix.open(at("fifo"), O_RDWR);
    Posix.unlink(at("fifo"));
    Posix.write(fd, Posix.bytes("text"));
    assertArrayEquals(Posix.bytes("text"), Posix.read(fd, 10));
    assertEquals(0, Posix.fstat(fd).links());
    Posix.close(fd);
  }

  @Test
  void whatIsRemovedGivesItsSpaceBack() throws IOException {
    int bytes = 16 << 20;
    long before = Volumes.storedBytes(volume());
    int fd = Posix.open(at("file"), O_CREAT | O_RDWR, 0644);
    byte[] data = new byte[1 << 20];
    Arrays.fill(data, (byte) 1);
    for (int at = 0; at < bytes; at += data.length) {
      data[0] = (byte) at;
      Posix.pwrite(fd, data, at);
    }
    Posix.fsync(fd);
    assertTrue(Volumes.storedBytes(volume()) >= before + bytes);
    Posix.unlink(at("file"));
    assertTrue(Volumes.storedBytes(volume()) >= before + bytes, "it is still open");
    Posix.close(fd);
    Patience.await("the space of a removed file", () -> storedBytes() < before + bytes / 2);
  }

  private long storedBytes() {
    try {
      return Volumes.storedBytes(volume());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
