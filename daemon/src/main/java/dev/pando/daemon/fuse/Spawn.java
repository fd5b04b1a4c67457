package dev.pando.daemon.fuse;

import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;

/**
 * Processes that are started with descriptors of this one: posix_spawn(3). {@link ProcessBuilder}
 * closes all but three.
 */
final class Spawn {
  /** Larger than posix_spawn_file_actions_t, which is opaque: 80 bytes in glibc and in musl. */
  private static final int FILE_ACTIONS_BYTES = 256;

  private Spawn() {}

  /**
   * Starts a process, and leaves it to the caller to wait for it.
   *
   * @param command a program of {@code PATH}, and its arguments
   * @param descriptors which of this process it gets, and by which numbers; the same number is as
   *     good as another
   * @param environment NAME=VALUE
   * @return its id
   * @throws IOException if it can not be started
   */
  static int start(
      List<String> command, Map<Integer, List<Integer>> descriptors, List<String> environment)
      throws IOException {
    ByteBuffer opaque = memory(FILE_ACTIONS_BYTES);
    long actions = Linux.addressOf(opaque);
    ByteBuffer pid = memory(Integer.BYTES);
    Linux.LIBC.posix_spawn_file_actions_init(actions);
    try {
      descriptors.forEach(
          (ours, numbers) ->
              numbers.forEach(
                  theirs -> Linux.LIBC.posix_spawn_file_actions_adddup2(actions, ours, theirs)));
      int errno =
          Linux.LIBC.posix_spawnp(
              Linux.addressOf(pid),
              command.get(0),
              actions,
              0,
              command.toArray(CharSequence[]::new),
              environment.toArray(CharSequence[]::new));
      if (errno != 0) {
        throw new IOException(command.get(0) + " can not be started: errno " + errno);
      }
      return pid.getInt(0);
    } finally {
      Linux.LIBC.posix_spawn_file_actions_destroy(actions);
      Reference.reachabilityFence(opaque);
    }
  }

  private static ByteBuffer memory(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
  }
}
