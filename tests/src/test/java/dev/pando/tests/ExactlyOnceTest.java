package dev.pando.tests;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.tests.conformance.Posix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A daemon that dies between a change and its answer, or between its answer and the next request:
 * the caller's result, and what is there, are those of one execution. The kills are placed by
 * strace(1), in the daemon as it is.
 */
class ExactlyOnceTest {
  private static final int BLOCK = 4096;
  private static final int STOP_MILLIS = 3000;

  private static MountedStore store;
  private static Path log;
  private static int directories;

  @BeforeAll
  static void mount() throws IOException {
    store = MountedStore.mounted();
    log = Path.of(store.json("status").path("mounts").get(0).path("log").asText());
  }

  @AfterAll
  static void unmount() throws IOException {
    store.close();
  }

  /** Something done in a directory; it may open a file and return its descriptor, or -1. */
  private interface Act {
    int in(Path directory) throws IOException;
  }

  /** What must be there afterwards. */
  private interface Check {
    void in(Path directory, int fd) throws IOException;
  }

  /**
   * One call, which is one request.
   *
   * @param opcode as the daemon's log names it
   * @param earlier requests that the kernel makes for it before the one that counts
   * @param leavesReceipt whether the daemon that takes over must find it executed
   */
  private record Call(
      String name,
      String opcode,
      int earlier,
      boolean leavesReceipt,
      Act before,
      Act call,
      Check after) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static int nothing(Path directory) {
    return -1;
  }

  private static byte[] text(String text) {
    return text.getBytes(UTF_8);
  }

  private static byte[] block(int content) {
    byte[] block = new byte[BLOCK];
    java.util.Arrays.fill(block, (byte) content);
    return block;
  }

  private static int file(Path file, byte[] content) throws IOException {
    Files.write(file, content);
    return Posix.open(file, Posix.O_RDWR);
  }

  private static boolean isThere(Path path) {
    return Files.exists(path, LinkOption.NOFOLLOW_LINKS);
  }

  static List<Call> calls() {
    return List.of(
        new Call(
            "create exclusively",
            "CREATE",
            1,
            true,
            ExactlyOnceTest::nothing,
            directory ->
                Posix.open(
                    directory.resolve("a"),
                    Posix.O_CREAT | Posix.O_EXCL | Posix.O_RDWR | Posix.O_TRUNC,
                    0640),
            (directory, fd) -> {
              assertEquals(3, Posix.pwrite(fd, text("abc"), 0));
              assertEquals("abc", Files.readString(directory.resolve("a")));
              assertEquals(1, Posix.fstat(fd).links());
            }),
        new Call(
            "mkdir",
            "MKDIR",
            1,
            true,
            ExactlyOnceTest::nothing,
            directory -> {
              Posix.mkdir(directory.resolve("a"), 0755);
              return -1;
            },
            (directory, fd) -> {
              assertTrue(Files.isDirectory(directory.resolve("a")));
              assertEquals(3, Posix.stat(directory).links());
            }),
        new Call(
            "mknod",
            "MKNOD",
            1,
            true,
            ExactlyOnceTest::nothing,
            directory -> {
              Posix.mknod(directory.resolve("a"), Posix.S_IFIFO | 0600, 0);
              return -1;
            },
            (directory, fd) ->
                assertEquals(
                    Posix.S_IFIFO, Posix.lstat(directory.resolve("a")).mode() & Posix.S_IFMT)),
        new Call(
            "symlink",
            "SYMLINK",
            1,
            true,
            ExactlyOnceTest::nothing,
            directory -> {
              Posix.symlink(text("there"), directory.resolve("a"));
              return -1;
            },
            (directory, fd) ->
                assertEquals("there", new String(Posix.readlink(directory.resolve("a")), UTF_8))),
        new Call(
            "link",
            "LINK",
            1,
            true,
            directory -> file(directory.resolve("a"), text("a")),
            directory -> {
              Posix.link(directory.resolve("a"), directory.resolve("b"));
              return -1;
            },
            (directory, fd) -> assertEquals(2, Posix.stat(directory.resolve("b")).links())),
        new Call(
            "unlink",
            "UNLINK",
            0,
            true,
            directory -> file(directory.resolve("a"), text("kept")),
            directory -> {
              Posix.unlink(directory.resolve("a"));
              return -1;
            },
            (directory, fd) -> {
              assertFalse(isThere(directory.resolve("a")));
              assertEquals("kept", new String(Posix.pread(fd, 10, 0), UTF_8).substring(0, 4));
              assertEquals(0, Posix.fstat(fd).links());
            }),
        new Call(
            "rmdir",
            "RMDIR",
            0,
            true,
            directory -> {
              Posix.mkdir(directory.resolve("a"), 0755);
              return -1;
            },
            directory -> {
              Posix.rmdir(directory.resolve("a"));
              return -1;
            },
            (directory, fd) -> {
              assertFalse(isThere(directory.resolve("a")));
              assertEquals(2, Posix.stat(directory).links());
            }),
        new Call(
            "rename",
            "RENAME2",
            1,
            true,
            directory -> file(directory.resolve("a"), text("a")),
            directory -> {
              Posix.rename(directory.resolve("a"), directory.resolve("b"), Posix.RENAME_NOREPLACE);
              return -1;
            },
            (directory, fd) -> {
              assertFalse(isThere(directory.resolve("a")));
              assertEquals("a", Files.readString(directory.resolve("b")));
            }),
        new Call(
            "rename onto another",
            "RENAME",
            1,
            true,
            directory -> {
              Files.writeString(directory.resolve("b"), "b");
              return file(directory.resolve("a"), text("a"));
            },
            directory -> {
              Posix.rename(directory.resolve("a"), directory.resolve("b"));
              return -1;
            },
            (directory, fd) -> {
              assertFalse(isThere(directory.resolve("a")));
              assertEquals("a", Files.readString(directory.resolve("b")));
              assertEquals(1, Posix.fstat(fd).links());
            }),
        new Call(
            "exchange",
            "RENAME2",
            0,
            true,
            directory -> {
              Files.writeString(directory.resolve("b"), "b");
              return file(directory.resolve("a"), text("a"));
            },
            directory -> {
              Posix.rename(directory.resolve("a"), directory.resolve("b"), Posix.RENAME_EXCHANGE);
              return -1;
            },
            (directory, fd) -> {
              assertEquals("b", Files.readString(directory.resolve("a")));
              assertEquals("a", Files.readString(directory.resolve("b")));
            }),
        new Call(
            "tmpfile",
            "TMPFILE",
            0,
            true,
            ExactlyOnceTest::nothing,
            directory -> Posix.open(directory, Posix.O_TMPFILE | Posix.O_RDWR, 0600),
            (directory, fd) -> {
              assertEquals(1, Posix.pwrite(fd, text("t"), 0));
              Posix.linkat(fd, new byte[1], directory.resolve("a"), Posix.AT_EMPTY_PATH);
              assertEquals("t", Files.readString(directory.resolve("a")));
            }),
        new Call(
            "chmod",
            "SETATTR",
            0,
            false,
            directory -> file(directory.resolve("a"), text("a")),
            directory -> {
              Posix.chmod(directory.resolve("a"), 0604);
              return -1;
            },
            (directory, fd) -> assertEquals(0604, Posix.fstat(fd).mode() & 07777)),
        new Call(
            "truncate",
            "SETATTR",
            1,
            false,
            directory -> file(directory.resolve("a.raw"), block(1)),
            directory -> {
              Posix.truncate(directory.resolve("a.raw"), 5);
              return -1;
            },
            (directory, fd) -> {
              assertEquals(5, Posix.fstat(fd).size());
              Posix.ftruncate(fd, BLOCK);
              byte[] expected = new byte[BLOCK];
              java.util.Arrays.fill(expected, 0, 5, (byte) 1);
              assertArrayEquals(expected, Posix.pread(fd, BLOCK, 0));
            }),
        new Call(
            "setxattr that must be new",
            "SETXATTR",
            0,
            true,
            directory -> file(directory.resolve("a"), text("a")),
            directory -> {
              Posix.setxattr(directory.resolve("a"), "user.x", text("1"), Posix.XATTR_CREATE);
              return -1;
            },
            (directory, fd) ->
                assertArrayEquals(text("1"), Posix.getxattr(directory.resolve("a"), "user.x"))),
        new Call(
            "setxattr that must be there",
            "SETXATTR",
            0,
            true,
            directory -> {
              int fd = file(directory.resolve("a"), text("a"));
              Posix.setxattr(directory.resolve("a"), "user.x", text("1"), Posix.XATTR_CREATE);
              return fd;
            },
            directory -> {
              Posix.setxattr(directory.resolve("a"), "user.x", text("2"), Posix.XATTR_REPLACE);
              return -1;
            },
            (directory, fd) ->
                assertArrayEquals(text("2"), Posix.getxattr(directory.resolve("a"), "user.x"))),
        new Call(
            "removexattr",
            "REMOVEXATTR",
            0,
            true,
            directory -> {
              int fd = file(directory.resolve("a"), text("a"));
              Posix.setxattr(directory.resolve("a"), "user.x", text("1"), Posix.XATTR_CREATE);
              return fd;
            },
            directory -> {
              Posix.removexattr(directory.resolve("a"), "user.x");
              return -1;
            },
            (directory, fd) -> assertEquals(0, Posix.listxattr(directory.resolve("a")).size())),
        new Call(
            "open",
            "OPEN",
            0,
            false,
            directory -> {
              Files.writeString(directory.resolve("a"), "opened");
              return -1;
            },
            directory -> Posix.open(directory.resolve("a"), Posix.O_RDWR),
            (directory, fd) -> assertEquals("opened", new String(Posix.pread(fd, 6, 0), UTF_8))));
  }

  /** Calls through a descriptor that was opened before. */
  static List<Call> callsThroughFile() {
    Act disk = directory -> file(directory.resolve("a.raw"), new byte[4 * BLOCK]);
    return List.of(
        new Call(
            "write",
            "WRITE",
            0,
            true,
            disk,
            directory -> Posix.pwrite(open, block(7), BLOCK),
            (directory, result) -> {
              assertEquals(BLOCK, result);
              assertArrayEquals(block(7), Posix.pread(open, BLOCK, BLOCK));
            }),
        new Call(
            "write at the end",
            "WRITE",
            0,
            true,
            disk,
            directory -> Posix.pwrite(open, block(7), 4 * BLOCK),
            (directory, result) -> {
              assertEquals(BLOCK, result);
              assertEquals(5 * BLOCK, Posix.fstat(open).size());
            }),
        new Call(
            "write that is durable when answered",
            "",
            0,
            true,
            directory -> {
              Files.write(directory.resolve("a.raw"), new byte[BLOCK]);
              return Posix.open(directory.resolve("a.raw"), Posix.O_RDWR | Posix.O_DSYNC);
            },
            directory -> Posix.pwrite(open, block(8), 0),
            (directory, result) -> {
              assertEquals(BLOCK, result);
              assertArrayEquals(block(8), Posix.pread(open, BLOCK, 0));
            }),
        new Call(
            "punch",
            "FALLOCATE",
            1,
            true,
            directory -> file(directory.resolve("a.raw"), block(9)),
            directory -> {
              Posix.fallocate(open, Posix.FALLOC_PUNCH_HOLE | Posix.FALLOC_KEEP_SIZE, 0, BLOCK / 2);
              return 0;
            },
            (directory, result) -> {
              byte[] expected = block(9);
              java.util.Arrays.fill(expected, 0, BLOCK / 2, (byte) 0);
              assertArrayEquals(expected, Posix.pread(open, BLOCK, 0));
            }),
        new Call(
            "range copy",
            "COPY_FILE_RANGE",
            1,
            true,
            directory -> {
              int fd = file(directory.resolve("a.raw"), new byte[4 * BLOCK]);
              Posix.pwrite(fd, block(6), 0);
              return fd;
            },
            directory -> (int) Posix.copyFileRange(open, 0, open, 2 * BLOCK, BLOCK),
            (directory, result) -> {
              assertEquals(BLOCK, result);
              assertArrayEquals(block(6), Posix.pread(open, BLOCK, 2 * BLOCK));
            }),
        new Call(
            "fdatasync",
            "",
            0,
            false,
            directory -> {
              int fd = file(directory.resolve("a.raw"), new byte[BLOCK]);
              Posix.pwrite(fd, block(6), 0);
              return fd;
            },
            directory -> {
              Posix.fdatasync(open);
              return 0;
            },
            (directory, result) -> assertArrayEquals(block(6), Posix.pread(open, BLOCK, 0))));
  }

  /** What {@link #callsThroughFile} work on. */
  private static int open = -1;

  @ParameterizedTest
  @MethodSource("calls")
  void killedBeforeTheAnswer(Call call) throws IOException {
    Path directory = prepared(call, false);
    long logged = Files.size(log);
    int opened = FuseStrace.killingBeforeAnswer(store, call.earlier, () -> call.call.in(directory));
    assertTakenUp(logged, call);
    check(call, directory, opened >= 0 ? opened : open);
  }

  @ParameterizedTest
  @MethodSource("callsThroughFile")
  void killedBeforeTheAnswerThroughAFile(Call call) throws IOException {
    Path directory = prepared(call, true);
    long logged = Files.size(log);
    int result = FuseStrace.killingBeforeAnswer(store, call.earlier, () -> call.call.in(directory));
    assertTakenUp(logged, call);
    check(call, directory, result);
  }

  /** Those whose second execution would show: it would be refused, or undo the first. */
  static Stream<Call> callsOnceOnly() {
    return calls().stream().filter(call -> call.leavesReceipt);
  }

  @ParameterizedTest
  @MethodSource("callsOnceOnly")
  void killedAfterTheAnswer(Call call) throws IOException {
    Path directory = prepared(call, false);
    long logged = Files.size(log);
    ProcessHandle daemon = store.daemon();
    int opened =
        FuseStrace.stoppingAfterAnswer(
            store,
            STOP_MILLIS,
            () -> {
              int result = call.call.in(directory);
              daemon.destroyForcibly();
              return result;
            });
    assertFalse(unanswered(logged).contains(call.opcode), () -> call + " was answered");
    check(call, directory, opened >= 0 ? opened : open);
  }

  /** A directory in which the call can be made, with all in the kernel's cache that it asks for. */
  private static Path prepared(Call call, boolean throughFile) throws IOException {
    Path directory = Files.createDirectory(store.at("d" + directories++));
    open = call.before.in(directory);
    assertEquals(throughFile, throughFile && open >= 0);
    for (int round = 0; round < 2; round++) {
      Posix.stat(directory);
      for (String name : List.of("a", "b", "a.raw")) {
        if (isThere(directory.resolve(name))) {
          Posix.stat(directory.resolve(name));
        }
      }
    }
    return directory;
  }

  private static void check(Call call, Path directory, int fd) throws IOException {
    call.after.in(directory, fd);
    if (!callsThroughFile().stream().anyMatch(each -> each.name.equals(call.name)) && fd >= 0) {
      Posix.close(fd);
    }
    if (open >= 0 && open != fd) {
      Posix.close(open);
    }
    open = -1;
  }

  /** What the daemon that took over last says it found unanswered. */
  private static String unanswered(long logged) throws IOException {
    for (int tries = 0; tries < 500; tries++) {
      byte[] all = Files.readAllBytes(log);
      String fresh = new String(all, (int) logged, all.length - (int) logged, UTF_8);
      int at = fresh.indexOf("unanswered: [");
      if (at >= 0) {
        return fresh.substring(at, fresh.indexOf('\n', at));
      }
      pause();
    }
    throw new AssertionError("nobody took over");
  }

  private static void assertTakenUp(long logged, Call call) throws IOException {
    String found = unanswered(logged);
    assertTrue(
        call.opcode.isEmpty()
            ? !found.endsWith("disk: 0 [main]")
            : found.contains(call.opcode) && found.contains("(executed)") == call.leavesReceipt,
        () -> call + ": " + found);
  }

  private static void pause() {
    java.util.concurrent.locks.LockSupport.parkNanos(10_000_000);
  }
}
