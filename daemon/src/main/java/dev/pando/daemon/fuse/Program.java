package dev.pando.daemon.fuse;

import dev.pando.daemon.tree.Errno;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
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

  /** Larger than posix_spawn_file_actions_t, which is opaque: 80 bytes in glibc and in musl. */
  private static final int FILE_ACTIONS_BYTES = 256;

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
        pid = start(command, theirs);
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

  private static int start(List<String> command, int socket) throws IOException {
    ByteBuffer opaque = memory(FILE_ACTIONS_BYTES);
    long actions = Linux.addressOf(opaque);
    ByteBuffer pid = memory(Integer.BYTES);
    Linux.LIBC.posix_spawn_file_actions_init(actions);
    try {
      Linux.LIBC.posix_spawn_file_actions_adddup2(actions, socket, STANDARD_OUTPUT);
      Linux.LIBC.posix_spawn_file_actions_adddup2(actions, socket, STANDARD_ERROR);
      int errno =
          Linux.LIBC.posix_spawnp(
              Linux.addressOf(pid),
              command.get(0),
              actions,
              0,
              command.toArray(CharSequence[]::new),
              environment());
      if (errno != 0) {
        throw new IOException(command.get(0) + " can not be started: errno " + errno);
      }
      return pid.getInt(0);
    } finally {
      Linux.LIBC.posix_spawn_file_actions_destroy(actions);
      Reference.reachabilityFence(opaque);
    }
  }

  private static CharSequence[] environment() {
    String path = System.getenv().getOrDefault("PATH", "");
    return new CharSequence[] {"PATH=" + path, "LC_ALL=C", "_FUSE_COMMFD=" + STANDARD_ERROR};
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
