package dev.pando.tests.conformance;

import static dev.pando.daemon.tree.Errno.EINVAL;
import static dev.pando.daemon.tree.Errno.ENODEV;
import static dev.pando.daemon.tree.Errno.ENOENT;
import static dev.pando.daemon.tree.Errno.EOPNOTSUPP;
import static dev.pando.tests.conformance.Posix.O_CREAT;
import static dev.pando.tests.conformance.Posix.O_RDONLY;
import static dev.pando.tests.conformance.Posix.O_RDWR;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.pando.tests.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.function.Executable;

/**
 * What libfuse 2 can not do, and what a program gets instead: the list in the documentation of
 * {@code dev.pando.daemon.fuse.jnr}. A limit that has gone fails here, and leaves the list.
 */
@ExtendWith(Volumes.class)
final class JnrFuseLimitsTest {

  private Path directory;

  @BeforeEach
  void makeDirectory() throws IOException {
    directory = Volumes.newDirectory(Volume.JNR_FUSE);
  }

  @AfterEach
  void removeDirectory() throws IOException {
    Program.of("rm", "-rf", "--", directory.toString()).run().succeeded();
  }

  private Path at(String name) {
    return directory.resolve(name);
  }

  private int open(String name) {
    return Posix.open(at(name), O_CREAT | O_RDWR, 0600);
  }

  private static void refused(int errno, Executable call) {
    assertEquals(errno, assertThrows(PosixException.class, call).errno());
  }

  @Test
  void namesAreNotSwapped() {
    Posix.close(open("a"));
    Posix.close(open("b"));
    refused(EINVAL, () -> Posix.rename(at("a"), at("b"), Posix.RENAME_EXCHANGE));
  }

  @Test
  void holesAreNotFound() {
    int fd = open("disk.img");
    Posix.ftruncate(fd, 1 << 20);
    assertEquals(0, Posix.lseek(fd, 0, Posix.SEEK_DATA));
    assertEquals(1 << 20, Posix.lseek(fd, 0, Posix.SEEK_HOLE));
    Posix.close(fd);
  }

  @Test
  void aCopyWithinTheMountSharesNothing() {
    int from = open("from.img");
    int to = open("to.img");
    Posix.pwrite(from, new byte[4096], 0);
    assertEquals(4096, Posix.copyFileRange(from, 0, to, 0, 4096));
    Posix.close(from);
    Posix.close(to);
  }

  @Test
  void aFileWithoutANameIsNotMade() {
    refused(EOPNOTSUPP, () -> Posix.open(directory, Posix.O_TMPFILE | O_RDWR, 0600));
  }

  @Test
  void anImageIsNotMappedShared() {
    int fd = open("disk.img");
    Posix.ftruncate(fd, 4096);
    refused(ENODEV, () -> Posix.mmap(fd, 0, 4096, Posix.PROT_READ, Posix.MAP_SHARED));
    Posix.close(fd);
  }

  @Test
  void theTimeOfBirthIsUnknown() throws IOException {
    Posix.close(open("f"));
    assertEquals("0", Program.of("stat", "-c", "%W", at("f").toString()).run().out().strip());
  }

  @Test
  void aRemovedDirectoryThatIsOpenIsUnknown() {
    Posix.mkdir(at("d"), 0700);
    int fd = Posix.open(at("d"), O_RDONLY | Posix.O_DIRECTORY);
    Posix.rmdir(at("d"));
    refused(ENOENT, () -> Posix.fstat(fd));
    Posix.close(fd);
  }

  @Test
  void aFileInARemovedDirectoryIsReadAndWrittenButUnknown() {
    Posix.mkdir(at("d"), 0700);
    int fd = Posix.open(at("d/f"), O_CREAT | O_RDWR, 0600);
    Posix.unlink(at("d/f"));
    Posix.rmdir(at("d"));
    Posix.pwrite(fd, new byte[] {7}, 0);
    assertEquals(7, Posix.pread(fd, 1, 0)[0]);
    refused(ENOENT, () -> Posix.fstat(fd));
    Posix.close(fd);
  }

  @Test
  void locksByTwoNamesOfAFileDoNotMeet() throws IOException {
    Posix.close(open("a"));
    Files.createLink(at("b"), at("a"));
    int first = open("a");
    int second = open("b");
    Posix.flock(first, Posix.LOCK_EX | Posix.LOCK_NB);
    Posix.flock(second, Posix.LOCK_EX | Posix.LOCK_NB);
    Posix.close(first);
    Posix.close(second);
  }
}
