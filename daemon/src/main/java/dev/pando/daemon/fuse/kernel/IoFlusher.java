package dev.pando.daemon.fuse.kernel;

import dev.pando.daemon.fuse.Linux;

/**
 * prctl(2), PR_SET_IO_FLUSHER: a thread that the kernel may need to free memory must not wait for
 * memory to be freed by writing to the very mount that it serves. It takes CAP_SYS_RESOURCE.
 */
final class IoFlusher {
  private static final int PR_SET_IO_FLUSHER = 57;

  private IoFlusher() {}

  /** Makes the calling thread one, where that is allowed. */
  static void enter() {
    // refused to who lacks CAP_SYS_RESOURCE: then it is as before
    int ignored = Linux.LIBC.prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0);
  }
}
