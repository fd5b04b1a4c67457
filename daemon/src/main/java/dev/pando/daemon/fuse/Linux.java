package dev.pando.daemon.fuse;

import java.nio.ByteBuffer;
import jnr.ffi.LibraryLoader;
import jnr.ffi.LibraryOption;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;
import jnr.ffi.annotations.Encoding;
import jnr.ffi.annotations.In;
import jnr.ffi.types.size_t;
import jnr.ffi.types.ssize_t;
import jnr.ffi.types.uintptr_t;

/**
 * The system calls the transport makes. Memory is given as native addresses, so that a call
 * allocates nothing. A call that fails returns -1; {@link #errno} says why, to the same thread.
 */
public final class Linux {
  /** libc, as far as it is needed. Public only because what implements it is generated. */
  public interface LibC {
    @ssize_t
    long read(int fd, @uintptr_t long address, @size_t long lengthBytes);

    @ssize_t
    long write(int fd, @uintptr_t long address, @size_t long lengthBytes);

    int open(@Encoding("UTF-8") CharSequence path, int flags);

    int close(int fd);

    int ioctl(int fd, @uintptr_t long request, @uintptr_t long address);

    int mount(
        @Encoding("UTF-8") CharSequence source,
        @Encoding("UTF-8") CharSequence target,
        CharSequence type,
        @uintptr_t long flags,
        @Encoding("UTF-8") CharSequence data);

    int umount2(@Encoding("UTF-8") CharSequence target, int flags);

    int memfd_create(CharSequence name, int flags);

    int ftruncate(int fd, long lengthBytes);

    int socketpair(int domain, int type, int protocol, @uintptr_t long pairAddress);

    @ssize_t
    long recvmsg(int socket, @uintptr_t long headerAddress, int flags);

    int posix_spawn_file_actions_init(@uintptr_t long actions);

    int posix_spawn_file_actions_adddup2(@uintptr_t long actions, int from, int to);

    int posix_spawn_file_actions_destroy(@uintptr_t long actions);

    /** Returns an errno, or 0. */
    int posix_spawnp(
        @uintptr_t long pidAddress,
        @Encoding("UTF-8") CharSequence file,
        @uintptr_t long actions,
        @uintptr_t long attributes,
        @In @Encoding("UTF-8") CharSequence[] arguments,
        @In @Encoding("UTF-8") CharSequence[] environment);

    int fcntl(int fd, int command, long argument);

    /** Returns only if it fails. */
    int execvp(
        @Encoding("UTF-8") CharSequence file, @In @Encoding("UTF-8") CharSequence[] arguments);

    /** The kernel refuses options whose unused arguments are not 0. */
    int prctl(
        int option,
        @uintptr_t long argument,
        @uintptr_t long third,
        @uintptr_t long fourth,
        @uintptr_t long fifth);

    int waitpid(int pid, @uintptr_t long statusAddress, int options);

    int unshare(int flags);

    @ssize_t
    long pread(int fd, @uintptr_t long address, @size_t long lengthBytes, long offset);

    @ssize_t
    long pwrite(int fd, @uintptr_t long address, @size_t long lengthBytes, long offset);

    int pipe2(@uintptr_t long pairAddress, int flags);

    int mlock(@uintptr_t long address, @size_t long lengthBytes);
  }

  public static final int O_RDWR = 0x2;
  public static final int O_TRUNC = 01000;
  public static final int O_CLOEXEC = 0x80000;
  public static final int O_DSYNC = 0x1000;
  public static final int O_NOATIME = 01000000;

  /** What O_SYNC has beyond O_DSYNC. */
  public static final int O_SYNC_METADATA = 0x100000;

  public static final int MFD_CLOEXEC = 1;

  /** For {@code unshare}: the table of descriptors. */
  public static final int CLONE_FILES = 0x400;

  public static final long MS_RDONLY = 1;
  public static final long MS_NOSUID = 1 << 1;
  public static final long MS_NODEV = 1 << 2;
  public static final long MS_NOATIME = 1 << 10;

  public static final int F_SETFD = 2;
  static final int FD_CLOEXEC = 1;

  static final int PR_SET_DUMPABLE = 4;

  static final int AF_UNIX = 1;
  static final int SOCK_STREAM = 1;
  static final int SOCK_CLOEXEC = 0x80000;
  static final int SOL_SOCKET = 1;
  static final int SCM_RIGHTS = 1;
  static final int MSG_CMSG_CLOEXEC = 0x40000000;

  public static final int MNT_FORCE = 1;
  public static final int MNT_DETACH = 2;

  /** {@code FUSE_DEV_IOC_CLONE}: makes a fresh device another door to a mounted one. */
  public static final long FUSE_DEV_IOC_CLONE = 0x8004e500L;

  public static final LibC LIBC =
      LibraryLoader.create(LibC.class).option(LibraryOption.SaveError, true).load("c");

  private static final Runtime RUNTIME = Runtime.getRuntime(LIBC);

  /** Why this thread's last call failed. */
  public static int errno() {
    return RUNTIME.getLastError();
  }

  /** The native address of a direct buffer. The buffer must outlive its use. */
  public static long addressOf(ByteBuffer direct) {
    return Pointer.wrap(RUNTIME, direct).address();
  }

  private Linux() {}
}
