package dev.pando.daemon.fuse.jnr;

import dev.pando.daemon.fuse.MountException;
import dev.pando.daemon.fuse.MountException.Reason;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Pointer;
import jnr.ffi.types.size_t;
import jnr.ffi.types.uintptr_t;

/**
 * What of libfuse 2 (fuse.h, fuse_lowlevel.h of 2.9) the transport calls and jnr-fuse does not
 * declare: mounting and serving as two steps, with the loop between requests left to us. Each of
 * these symbols has one version that a look-up by name can find; {@code fuse_new}, for one, has
 * not: that name alone leads to the function of 2.1.
 */
final class LibFuse2 {
  /**
   * As declared in C, all pointers as addresses. Public only because what implements it is made.
   */
  public interface Functions {
    /** {@code struct fuse *fuse_setup(argc, argv, op, op_size, &mountpoint, &multi, user_data)}. */
    @uintptr_t
    long fuse_setup(
        int argc,
        Pointer argv,
        Pointer operations,
        @size_t long operationsBytes,
        Pointer mountpointOut,
        Pointer multithreadedOut,
        @uintptr_t long userData);

    @uintptr_t
    long fuse_get_session(@uintptr_t long fuse);

    @uintptr_t
    long fuse_session_next_chan(@uintptr_t long session, @uintptr_t long after);

    @size_t
    long fuse_chan_bufsize(@uintptr_t long channel);

    int fuse_chan_fd(@uintptr_t long channel);

    /** A channel that reads from and writes to {@code fd}, and closes it with itself. */
    @uintptr_t
    long fuse_kern_chan_new(int fd);

    void fuse_chan_destroy(@uintptr_t long channel);

    /** Takes one request; 0 at the end, a negative errno if there is none after all. */
    int fuse_chan_recv(Pointer channelInOut, @uintptr_t long buffer, @size_t long bufferBytes);

    /** Executes one request and replies to it. */
    void fuse_session_process(
        @uintptr_t long session,
        @uintptr_t long buffer,
        @size_t long requestBytes,
        @uintptr_t long channel);

    void fuse_remove_signal_handlers(@uintptr_t long session);

    /** Frees everything and closes the device. */
    void fuse_destroy(@uintptr_t long fuse);
  }

  private static final String LIBRARY = "libfuse.so.2";

  private LibFuse2() {}

  /**
   * Loads the library.
   *
   * @throws MountException NO_FUSE if it is not installed
   */
  static Functions load() throws MountException {
    try {
      return LibraryLoader.create(Functions.class).failImmediately().load(LIBRARY);
    } catch (UnsatisfiedLinkError missing) {
      throw new MountException(
          Reason.NO_FUSE,
          "the transport jnr-fuse needs "
              + LIBRARY
              + ", which is not installed: on Debian it is in the package libfuse2",
          missing);
    }
  }
}
