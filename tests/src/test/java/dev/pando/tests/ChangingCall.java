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
import java.util.Arrays;
import java.util.List;

/**
 * A call that changes something, which the kernel makes one request of; what it needs, and what is
 * there after it was executed once.
 *
 * @param opcode as the daemon's log names it; empty: it waits for the disk, and has left its slot
 * @param earlier requests that the kernel makes for it before the one that counts
 * @param leavesReceipt whether the daemon that takes over must find it executed
 * @param before makes what it needs, and may return a descriptor
 * @param call gets that descriptor; what it returns is what the system call did
 * @param after gets both
 */
record ChangingCall(
    String name,
    String opcode,
    int earlier,
    boolean leavesReceipt,
    Preparation before,
    Act call,
    Check after) {
  private static final int BLOCK = 4096;

  /** What is done in a directory before the call. */
  interface Preparation {
    int in(Path directory) throws IOException;
  }

  /** The call itself. */
  interface Act {
    int in(Path directory, int fd) throws IOException;
  }

  /** What must be there afterwards. */
  interface Check {
    void in(Path directory, int fd, int result) throws IOException;
  }

  /** Whether the result is a descriptor. */
  boolean opens() {
    return opcode.equals("OPEN") || opcode.equals("CREATE") || opcode.equals("TMPFILE");
  }

  @Override
  public String toString() {
    return name;
  }

  private static int nothing(Path directory) {
    return -1;
  }

  private static byte[] text(String text) {
    return text.getBytes(UTF_8);
  }

  private static byte[] block(int content) {
    byte[] block = new byte[BLOCK];
    Arrays.fill(block, (byte) content);
    return block;
  }

  private static int file(Path file, byte[] content) throws IOException {
    Files.write(file, content);
    return Posix.open(file, Posix.O_RDWR);
  }

  private static boolean isThere(Path path) {
    return Files.exists(path, LinkOption.NOFOLLOW_LINKS);
  }

  static List<ChangingCall> all() {
    return List.of(
        new ChangingCall(
            "create exclusively",
            "CREATE",
            1,
            true,
            ChangingCall::nothing,
            (directory, fd) ->
                Posix.open(
                    directory.resolve("a"),
                    Posix.O_CREAT | Posix.O_EXCL | Posix.O_RDWR | Posix.O_TRUNC,
                    0640),
            (directory, fd, result) -> {
              assertEquals(3, Posix.pwrite(result, text("abc"), 0));
              assertEquals("abc", Files.readString(directory.resolve("a")));
              assertEquals(1, Posix.fstat(result).links());
            }),
        new ChangingCall(
            "mkdir",
            "MKDIR",
            1,
            true,
            ChangingCall::nothing,
            (directory, fd) -> {
              Posix.mkdir(directory.resolve("a"), 0755);
              return -1;
            },
            (directory, fd, result) -> {
              assertTrue(Files.isDirectory(directory.resolve("a")));
              assertEquals(3, Posix.stat(directory).links());
            }),
        new ChangingCall(
            "mknod",
            "MKNOD",
            1,
            true,
            ChangingCall::nothing,
            (directory, fd) -> {
              Posix.mknod(directory.resolve("a"), Posix.S_IFIFO | 0600, 0);
              return -1;
            },
            (directory, fd, result) ->
                assertEquals(
                    Posix.S_IFIFO, Posix.lstat(directory.resolve("a")).mode() & Posix.S_IFMT)),
        new ChangingCall(
            "symlink",
            "SYMLINK",
            1,
            true,
            ChangingCall::nothing,
            (directory, fd) -> {
              Posix.symlink(text("there"), directory.resolve("a"));
              return -1;
            },
            (directory, fd, result) ->
                assertEquals("there", new String(Posix.readlink(directory.resolve("a")), UTF_8))),
        new ChangingCall(
            "link",
            "LINK",
            1,
            true,
            directory -> file(directory.resolve("a"), text("a")),
            (directory, fd) -> {
              Posix.link(directory.resolve("a"), directory.resolve("b"));
              return -1;
            },
            (directory, fd, result) -> assertEquals(2, Posix.stat(directory.resolve("b")).links())),
        new ChangingCall(
            "unlink",
            "UNLINK",
            0,
            true,
            directory -> file(directory.resolve("a"), text("kept")),
            (directory, fd) -> {
              Posix.unlink(directory.resolve("a"));
              return -1;
            },
            (directory, fd, result) -> {
              assertFalse(isThere(directory.resolve("a")));
              assertEquals("kept", new String(Posix.pread(fd, 10, 0), UTF_8).substring(0, 4));
              assertEquals(0, Posix.fstat(fd).links());
            }),
        new ChangingCall(
            "rmdir",
            "RMDIR",
            0,
            true,
            directory -> {
              Posix.mkdir(directory.resolve("a"), 0755);
              return -1;
            },
            (directory, fd) -> {
              Posix.rmdir(directory.resolve("a"));
              return -1;
            },
            (directory, fd, result) -> {
              assertFalse(isThere(directory.resolve("a")));
              assertEquals(2, Posix.stat(directory).links());
            }),
        new ChangingCall(
            "rename",
            "RENAME2",
            1,
            true,
            directory -> file(directory.resolve("a"), text("a")),
            (directory, fd) -> {
              Posix.rename(directory.resolve("a"), directory.resolve("b"), Posix.RENAME_NOREPLACE);
              return -1;
            },
            (directory, fd, result) -> {
              assertFalse(isThere(directory.resolve("a")));
              assertEquals("a", Files.readString(directory.resolve("b")));
            }),
        new ChangingCall(
            "rename onto another",
            "RENAME",
            1,
            true,
            directory -> {
              Files.writeString(directory.resolve("b"), "b");
              return file(directory.resolve("a"), text("a"));
            },
            (directory, fd) -> {
              Posix.rename(directory.resolve("a"), directory.resolve("b"));
              return -1;
            },
            (directory, fd, result) -> {
              assertFalse(isThere(directory.resolve("a")));
              assertEquals("a", Files.readString(directory.resolve("b")));
              assertEquals(1, Posix.fstat(fd).links());
            }),
        new ChangingCall(
            "exchange",
            "RENAME2",
            0,
            true,
            directory -> {
              Files.writeString(directory.resolve("b"), "b");
              return file(directory.resolve("a"), text("a"));
            },
            (directory, fd) -> {
              Posix.rename(directory.resolve("a"), directory.resolve("b"), Posix.RENAME_EXCHANGE);
              return -1;
            },
            (directory, fd, result) -> {
              assertEquals("b", Files.readString(directory.resolve("a")));
              assertEquals("a", Files.readString(directory.resolve("b")));
            }),
        new ChangingCall(
            "tmpfile",
            "TMPFILE",
            0,
            true,
            ChangingCall::nothing,
            (directory, fd) -> Posix.open(directory, Posix.O_TMPFILE | Posix.O_RDWR, 0600),
            (directory, fd, result) -> {
              assertEquals(1, Posix.pwrite(result, text("t"), 0));
              Posix.linkat(result, new byte[1], directory.resolve("a"), Posix.AT_EMPTY_PATH);
              assertEquals("t", Files.readString(directory.resolve("a")));
            }),
        new ChangingCall(
            "chmod",
            "SETATTR",
            0,
            false,
            directory -> file(directory.resolve("a"), text("a")),
            (directory, fd) -> {
              Posix.chmod(directory.resolve("a"), 0604);
              return -1;
            },
            (directory, fd, result) -> assertEquals(0604, Posix.fstat(fd).mode() & 07777)),
        new ChangingCall(
            "truncate",
            "SETATTR",
            1,
            false,
            directory -> file(directory.resolve("a.raw"), block(1)),
            (directory, fd) -> {
              Posix.truncate(directory.resolve("a.raw"), 5);
              return -1;
            },
            (directory, fd, result) -> {
              assertEquals(5, Posix.fstat(fd).size());
              Posix.ftruncate(fd, BLOCK);
              byte[] expected = new byte[BLOCK];
              Arrays.fill(expected, 0, 5, (byte) 1);
              assertArrayEquals(expected, Posix.pread(fd, BLOCK, 0));
            }),
        new ChangingCall(
            "setxattr that must be new",
            "SETXATTR",
            0,
            true,
            directory -> file(directory.resolve("a"), text("a")),
            (directory, fd) -> {
              Posix.setxattr(directory.resolve("a"), "user.x", text("1"), Posix.XATTR_CREATE);
              return -1;
            },
            (directory, fd, result) ->
                assertArrayEquals(text("1"), Posix.getxattr(directory.resolve("a"), "user.x"))),
        new ChangingCall(
            "setxattr that must be there",
            "SETXATTR",
            0,
            true,
            directory -> {
              int fd = file(directory.resolve("a"), text("a"));
              Posix.setxattr(directory.resolve("a"), "user.x", text("1"), Posix.XATTR_CREATE);
              return fd;
            },
            (directory, fd) -> {
              Posix.setxattr(directory.resolve("a"), "user.x", text("2"), Posix.XATTR_REPLACE);
              return -1;
            },
            (directory, fd, result) ->
                assertArrayEquals(text("2"), Posix.getxattr(directory.resolve("a"), "user.x"))),
        new ChangingCall(
            "removexattr",
            "REMOVEXATTR",
            0,
            true,
            directory -> {
              int fd = file(directory.resolve("a"), text("a"));
              Posix.setxattr(directory.resolve("a"), "user.x", text("1"), Posix.XATTR_CREATE);
              return fd;
            },
            (directory, fd) -> {
              Posix.removexattr(directory.resolve("a"), "user.x");
              return -1;
            },
            (directory, fd, result) ->
                assertEquals(0, Posix.listxattr(directory.resolve("a")).size())),
        new ChangingCall(
            "open",
            "OPEN",
            0,
            false,
            directory -> {
              Files.writeString(directory.resolve("a"), "opened");
              return -1;
            },
            (directory, fd) -> Posix.open(directory.resolve("a"), Posix.O_RDWR),
            (directory, fd, result) ->
                assertEquals("opened", new String(Posix.pread(result, 6, 0), UTF_8))),
        new ChangingCall(
            "write",
            "WRITE",
            0,
            true,
            directory -> file(directory.resolve("a.raw"), new byte[4 * BLOCK]),
            (directory, fd) -> Posix.pwrite(fd, block(7), BLOCK),
            (directory, fd, result) -> {
              assertEquals(BLOCK, result);
              assertArrayEquals(block(7), Posix.pread(fd, BLOCK, BLOCK));
            }),
        new ChangingCall(
            "write at the end",
            "WRITE",
            0,
            true,
            directory -> file(directory.resolve("a.raw"), new byte[4 * BLOCK]),
            (directory, fd) -> Posix.pwrite(fd, block(7), 4 * BLOCK),
            (directory, fd, result) -> {
              assertEquals(BLOCK, result);
              assertEquals(5 * BLOCK, Posix.fstat(fd).size());
            }),
        new ChangingCall(
            "write that is durable when answered",
            "",
            0,
            true,
            directory -> {
              Files.write(directory.resolve("a.raw"), new byte[BLOCK]);
              return Posix.open(directory.resolve("a.raw"), Posix.O_RDWR | Posix.O_DSYNC);
            },
            (directory, fd) -> Posix.pwrite(fd, block(8), 0),
            (directory, fd, result) -> {
              assertEquals(BLOCK, result);
              assertArrayEquals(block(8), Posix.pread(fd, BLOCK, 0));
            }),
        new ChangingCall(
            "punch",
            "FALLOCATE",
            1,
            true,
            directory -> file(directory.resolve("a.raw"), block(9)),
            (directory, fd) -> {
              Posix.fallocate(fd, Posix.FALLOC_PUNCH_HOLE | Posix.FALLOC_KEEP_SIZE, 0, BLOCK / 2);
              return 0;
            },
            (directory, fd, result) -> {
              byte[] expected = block(9);
              Arrays.fill(expected, 0, BLOCK / 2, (byte) 0);
              assertArrayEquals(expected, Posix.pread(fd, BLOCK, 0));
            }),
        new ChangingCall(
            "range copy",
            "COPY_FILE_RANGE",
            1,
            true,
            directory -> {
              int fd = file(directory.resolve("a.raw"), new byte[4 * BLOCK]);
              Posix.pwrite(fd, block(6), 0);
              return fd;
            },
            (directory, fd) -> (int) Posix.copyFileRange(fd, 0, fd, 2 * BLOCK, BLOCK),
            (directory, fd, result) -> {
              assertEquals(BLOCK, result);
              assertArrayEquals(block(6), Posix.pread(fd, BLOCK, 2 * BLOCK));
            }),
        new ChangingCall(
            "fdatasync",
            "",
            0,
            false,
            directory -> {
              int fd = file(directory.resolve("a.raw"), new byte[BLOCK]);
              Posix.pwrite(fd, block(6), 0);
              return fd;
            },
            (directory, fd) -> {
              Posix.fdatasync(fd);
              return 0;
            },
            (directory, fd, result) -> assertArrayEquals(block(6), Posix.pread(fd, BLOCK, 0))));
  }
}
