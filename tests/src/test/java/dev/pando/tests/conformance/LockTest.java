package dev.pando.tests.conformance;

import static dev.pando.daemon.tree.Errno.EAGAIN;
import static dev.pando.tests.conformance.Posix.F_GETLK;
import static dev.pando.tests.conformance.Posix.F_OFD_GETLK;
import static dev.pando.tests.conformance.Posix.F_OFD_SETLK;
import static dev.pando.tests.conformance.Posix.F_RDLCK;
import static dev.pando.tests.conformance.Posix.F_SETLK;
import static dev.pando.tests.conformance.Posix.F_UNLCK;
import static dev.pando.tests.conformance.Posix.F_WRLCK;
import static dev.pando.tests.conformance.Posix.LOCK_EX;
import static dev.pando.tests.conformance.Posix.LOCK_NB;
import static dev.pando.tests.conformance.Posix.LOCK_SH;
import static dev.pando.tests.conformance.Posix.LOCK_UN;
import static dev.pando.tests.conformance.Posix.O_RDWR;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.testing.Patience;
import dev.pando.tests.Outcome;
import dev.pando.tests.Program;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** fcntl(2) and flock(2) locks, between processes and between handles of one. */
final class LockTest extends DataTest {
  private static final int F_SETLKW = 7;

  LockTest(Volume volume) {
    super(volume);
  }

  /** What another process gets that asks for a record lock and ends. */
  private int otherGets(String name, int command, int type, long start, long length)
      throws IOException {
    try (OtherProcess other = OtherProcess.locking(at(name), command, type, start, length)) {
      return other.errno();
    }
  }

  private int otherGets(String name, int operation) throws IOException {
    try (OtherProcess other = OtherProcess.flocking(at(name), operation | LOCK_NB)) {
      return other.errno();
    }
  }

  @EachFile
  void aRecordLockKeepsOthersOutOfItsRange(String name) throws Exception {
    int fd = create(name, data(1000));
    Posix.lock(fd, F_SETLK, F_WRLCK, 100, 100);
    assertEquals(EAGAIN, otherGets(name, F_SETLK, F_RDLCK, 199, 1));
    assertEquals(EAGAIN, otherGets(name, F_SETLK, F_WRLCK, 0, 0));
    assertEquals(0, otherGets(name, F_SETLK, F_WRLCK, 200, 0));
    assertEquals(0, otherGets(name, F_SETLK, F_WRLCK, 0, 100));
    Posix.lock(fd, F_SETLK, F_UNLCK, 100, 50);
    assertEquals(0, otherGets(name, F_SETLK, F_WRLCK, 100, 50));
    assertEquals(EAGAIN, otherGets(name, F_SETLK, F_WRLCK, 100, 51));
    Posix.lock(fd, F_SETLK, F_RDLCK, 150, 50);
    assertEquals(0, otherGets(name, F_SETLK, F_RDLCK, 150, 50));
  }

  @EachFile
  void aLockInTheWayIsShown(String name) throws Exception {
    int fd = create(name, data(1000));
    assertEquals(F_UNLCK, Posix.lock(fd, F_GETLK, F_WRLCK, 0, 0));
    try (OtherProcess other = OtherProcess.locking(at(name), F_SETLK, F_RDLCK, 10, 5)) {
      assertEquals(0, other.errno());
      assertEquals(F_RDLCK, Posix.lock(fd, F_GETLK, F_WRLCK, 0, 0));
      assertEquals(F_RDLCK, Posix.lock(fd, F_OFD_GETLK, F_WRLCK, 0, 0));
      assertEquals(F_UNLCK, Posix.lock(fd, F_GETLK, F_RDLCK, 0, 0));
      assertEquals(other.pid(), Posix.lockOwner(fd, F_WRLCK, 12, 1));
    }
  }

  @EachFile
  void recordLocksEndWithAnyCloseAndWithTheProcess(String name) throws Exception {
    int fd = create(name, data(1000));
    Posix.lock(fd, F_SETLK, F_WRLCK, 0, 0);
    close(open(name, O_RDWR));
    assertEquals(0, otherGets(name, F_SETLK, F_WRLCK, 0, 0));
    OtherProcess other = OtherProcess.locking(at(name), F_SETLK, F_WRLCK, 0, 0);
    assertEquals(0, other.errno());
    refused(EAGAIN, () -> Posix.lock(fd, F_SETLK, F_WRLCK, 0, 0));
    other.kill();
    Posix.lock(fd, F_SETLK, F_WRLCK, 0, 0);
  }

  @EachFile
  void whoWaitsForALockGetsIt(String name) throws Exception {
    int fd = create(name, data(1000));
    OtherProcess other = OtherProcess.locking(at(name), F_SETLK, F_WRLCK, 0, 0);
    assertEquals(0, other.errno());
    CompletableFuture<Integer> waiting =
        CompletableFuture.supplyAsync(() -> Posix.lock(fd, F_SETLKW, F_WRLCK, 0, 0));
    other.kill();
    Patience.get("the lock", Duration.ofMinutes(1), waiting);
    assertEquals(EAGAIN, otherGets(name, F_SETLK, F_RDLCK, 0, 0));
  }

  @EachFile
  void aLockOfAnOpenFileKeepsOutEveryOtherOpenFile(String name) throws Exception {
    int fd = create(name, data(1000));
    int second = open(name, O_RDWR);
    Posix.lock(fd, F_OFD_SETLK, F_WRLCK, 100, 100);
    refused(EAGAIN, () -> Posix.lock(second, F_OFD_SETLK, F_RDLCK, 150, 1));
    refused(EAGAIN, () -> Posix.lock(second, F_SETLK, F_RDLCK, 150, 1));
    assertEquals(EAGAIN, otherGets(name, F_OFD_SETLK, F_RDLCK, 150, 1));
    assertEquals(EAGAIN, otherGets(name, F_SETLK, F_RDLCK, 150, 1));
    assertEquals(F_WRLCK, Posix.lock(second, F_OFD_GETLK, F_RDLCK, 0, 0));
    // the close of another handle, which ends locks of the process, leaves these
    close(open(name, O_RDWR));
    refused(EAGAIN, () -> Posix.lock(second, F_OFD_SETLK, F_RDLCK, 150, 1));
    close(fd);
    Posix.lock(second, F_OFD_SETLK, F_WRLCK, 0, 0);
  }

  @EachFile
  void aFlockIsOfAnOpenFile(String name) throws Exception {
    int fd = create(name, data(1000));
    int second = open(name, O_RDWR);
    Posix.flock(fd, LOCK_EX);
    refused(EAGAIN, () -> Posix.flock(second, LOCK_SH | LOCK_NB));
    assertEquals(EAGAIN, otherGets(name, LOCK_EX));
    // of another kind: neither sees the other
    Posix.lock(second, F_OFD_SETLK, F_WRLCK, 0, 0);
    Posix.flock(fd, LOCK_SH);
    Posix.flock(second, LOCK_SH | LOCK_NB);
    assertEquals(0, otherGets(name, LOCK_SH));
    Posix.flock(fd, LOCK_UN);
    Posix.flock(second, LOCK_EX | LOCK_NB);
    close(second);
    assertEquals(0, otherGets(name, LOCK_EX));
  }

  @Test
  void aDirectoryIsFlocked() throws Exception {
    int fd = Posix.open(directory(), Posix.O_RDONLY);
    Posix.flock(fd, LOCK_EX);
    int second = Posix.open(directory(), Posix.O_RDONLY);
    refused(EAGAIN, () -> Posix.flock(second, LOCK_EX | LOCK_NB));
    Posix.close(fd);
    Posix.flock(second, LOCK_EX | LOCK_NB);
    Posix.close(second);
  }

  @ParameterizedTest
  @ValueSource(strings = {"raw", "qcow2"})
  void qemuRefusesASecondWriter(String format) throws Exception {
    String image = "disk." + format;
    shell("qemu-img create -q -f \"$1\" \"$2\" 8M", format, image).succeeded();
    String drive = "if=virtio,format=" + format + ",file=" + at(image);
    String[] command = {
      "qemu-system-x86_64",
      "-S",
      "-display",
      "none",
      "-nodefaults",
      "-monitor",
      "stdio",
      "-drive",
      drive
    };
    try (OtherProcess vm = OtherProcess.of(command)) {
      // it greets before it has opened the disk, and answers after
      vm.send("info status");
      vm.await("paused");
      Outcome second = Program.of(command).run();
      assertNotEquals(0, second.exitCode(), second::toString);
      assertTrue(second.err().contains("Failed to get \"write\" lock"), second::toString);
      shell("qemu-img info -U \"$1\"", image).succeeded();
      shell("qemu-io -r -U -f \"$1\" -c 'read -P 0 0 64k' \"$2\"", format, image).succeeded();
      vm.send("quit");
    }
    shell("qemu-io -f \"$1\" -c 'write -P 8 0 512' \"$2\"", format, image).succeeded();
  }
}
