package dev.pando.tests.conformance;

import static dev.pando.daemon.tree.Errno.EACCES;
import static dev.pando.daemon.tree.Errno.EEXIST;
import static dev.pando.daemon.tree.Errno.EINVAL;
import static dev.pando.daemon.tree.Errno.ENOENT;
import static dev.pando.daemon.tree.Errno.ENOTDIR;
import static dev.pando.tests.conformance.Posix.AT_FDCWD;
import static dev.pando.tests.conformance.Posix.AT_SYMLINK_FOLLOW;
import static dev.pando.tests.conformance.Posix.O_EXCL;
import static dev.pando.tests.conformance.Posix.O_RDONLY;
import static dev.pando.tests.conformance.Posix.O_RDWR;
import static dev.pando.tests.conformance.Posix.O_TMPFILE;
import static dev.pando.tests.conformance.Volume.JNR_FUSE;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Files made without a name: O_TMPFILE of open(2). */
@NotOn(value = JNR_FUSE, because = "libfuse 2.9 has no TMPFILE: EOPNOTSUPP")
final class UnnamedFileTest extends VolumeTest {
  UnnamedFileTest(Volume volume) {
    super(volume);
  }

  private static byte[] descriptor(int fd) {
    return Posix.bytes(Path.of("/proc/self/fd/" + fd));
  }

  @Test
  void itHasNoNameAndKeepsWhatIsWritten() {
    int fd = Posix.open(directory(), O_TMPFILE | O_RDWR, 0640);
    Posix.pwrite(fd, Posix.bytes("text"), 0);
    assertEquals("text", text(fd));
    assertEquals(0, Posix.fstat(fd).links());
    assertEquals(Posix.S_IFREG | 0640, Posix.fstat(fd).mode());
    assertEquals(List.of(), Listing.names(directory()));
    Posix.close(fd);
  }

  @Test
  void itIsGivenAName() {
    int fd = Posix.open(directory(), O_TMPFILE | O_RDWR, 0640);
    Posix.pwrite(fd, Posix.bytes("text"), 0);
    Posix.linkat(AT_FDCWD, descriptor(fd), at("named"), AT_SYMLINK_FOLLOW);
    assertEquals(1, Posix.fstat(fd).links());
    Posix.linkat(AT_FDCWD, descriptor(fd), at("again"), AT_SYMLINK_FOLLOW);
    Posix.close(fd);
    assertEquals("text", text("named"));
    assertEquals(2, Posix.stat(at("again")).links());
  }

  @Test
  void aNameReplacesNothing() {
    make("there", "there");
    int fd = Posix.open(directory(), O_TMPFILE | O_RDWR, 0640);
    refused(EEXIST, () -> Posix.linkat(AT_FDCWD, descriptor(fd), at("there"), AT_SYMLINK_FOLLOW));
    Posix.close(fd);
    assertEquals("there", text("there"));
  }

  @Test
  void anExclusiveOneIsGivenNoName() {
    int fd = Posix.open(directory(), O_TMPFILE | O_EXCL | O_RDWR, 0640);
    refused(ENOENT, () -> Posix.linkat(AT_FDCWD, descriptor(fd), at("named"), AT_SYMLINK_FOLLOW));
    Posix.close(fd);
  }

  @Test
  void itIsMadeInADirectoryAndForWriting() {
    make("file", "text");
    refused(ENOTDIR, () -> Posix.open(at("file"), O_TMPFILE | O_RDWR, 0640));
    refused(EINVAL, () -> Posix.open(directory(), O_TMPFILE | O_RDONLY, 0640));
    refused(ENOENT, () -> Posix.open(at("none"), O_TMPFILE | O_RDWR, 0640));
    Posix.as(
        1234,
        1234,
        new int[0],
        () -> refused(EACCES, () -> Posix.open(directory(), O_TMPFILE | O_RDWR, 0640)));
  }

  @Test
  void itTakesItsGroupFromASetGroupIdDirectory() {
    Posix.mkdir(at("d"), 0755);
    Posix.chown(at("d"), 0, 2001);
    Posix.chmod(at("d"), 02755);
    int fd = Posix.open(at("d"), O_TMPFILE | O_RDWR, 0640);
    assertEquals(2001, Posix.fstat(fd).gid());
    Posix.close(fd);
  }
}
