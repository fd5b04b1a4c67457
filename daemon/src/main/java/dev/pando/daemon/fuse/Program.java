package dev.pando.daemon.fuse;

import dev.pando.daemon.tree.Errno;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * A program that is run to its end and may hand over a descriptor. Its standard output and standard
 * error are one socket, and {@code _FUSE_COMMFD} says so: what it says and what it passes come the
 * same way, and no other descriptor need survive into it. {@link ProcessBuilder} can not do that:
 * it knows no sockets, and closes all else.
 */
final class Program {
  private static final int STANDARD_OUTPUT = 1;
  private static final int STANDARD_ERROR = 2;

  /** In what waitpid(2) tells: the exit code, and the signal that ended it, if any. */
  private static final int EXIT_CODE_SHIFT = 8;

  private static final int BYTE = 0xff;
  private static final int SIGNAL = 0x7f;

  /** What a shell adds to a signal to make an exit code of it. */
  private static final int BY_SIGNAL = 128;

  private Program() {}

  /**
   * What a program left.
   *
   * @param words what it said on standard output and standard error
   * @param descriptor what it passed; closing it is the caller's
   */
  record Outcome(int exitCode, String words, OptionalInt descriptor) {}

  /**
   * Runs a program until it has ended and closed its end of the socket.
   *
   * @param command a program of {@code PATH}, and its arguments
   * @throws IOException if it can not be started
   */
  static Outcome run(List<String> command) throws IOException {
    ByteBuffer pair = memory(2 * Integer.BYTES);
    if (Linux.LIBC.socketpair(
            Linux.AF_UNIX, Linux.SOCK_STREAM | Linux.SOCK_CLOEXEC, 0, Linux.addressOf(pair))
        != 0) {
      throw new IOException("no socket for " + command.get(0) + ": errno " + Linux.errno());
    }
    int ours = pair.getInt(0);
    int theirs = pair.getInt(Integer.BYTES);
    try {
      int pid;
      try {
        pid =
            Spawn.start(
                command, Map.of(theirs, List.of(STANDARD_OUTPUT, STANDARD_ERROR)), environment());
      } finally {
        Linux.LIBC.close(theirs);
      }
      ByteArrayOutputStream words = new ByteArrayOutputStream();
      OptionalInt descriptor = listen(ours, words);
      return new Outcome(await(pid), words.toString(StandardCharsets.UTF_8), descriptor);
    } finally {
      Linux.LIBC.close(ours);
    }
  }

  private static List<String> environment() {
    String path = System.getenv().getOrDefault("PATH", "");
    return List.of("PATH=" + path, "LC_ALL=C", "_FUSE_COMMFD=" + STANDARD_ERROR);
  }

  /** Hears all that comes; what is passed comes with one byte, a NUL. */
  private static OptionalInt listen(int socket, ByteArrayOutputStream words) throws IOException {
    DescriptorMessage message = new DescriptorMessage();
    OptionalInt passed = OptionalInt.empty();
    while (message.receive(socket)) {
      if (message.descriptor().isPresent()) {
        passed.ifPresent(Linux.LIBC::close);
        passed = message.descriptor();
      } else {
        words.writeBytes(message.text());
      }
    }
    return passed;
  }

  private static int await(int pid) throws IOException {
    ByteBuffer status = memory(Integer.BYTES);
    long address = Linux.addressOf(status);
    while (Linux.LIBC.waitpid(pid, address, 0) != pid) {
      if (Linux.errno() != Errno.EINTR) {
        throw new IOException("process " + pid + " is not ours: errno " + Linux.errno());
      }
    }
    int told = status.getInt(0);
    int signal = told & SIGNAL;
    return signal == 0 ? (told >> EXIT_CODE_SHIFT) & BYTE : BY_SIGNAL + signal;
  }

  private static ByteBuffer memory(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
  }
}
