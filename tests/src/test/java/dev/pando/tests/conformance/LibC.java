package dev.pando.tests.conformance;

import java.nio.ByteBuffer;
import jnr.ffi.Pointer;
import jnr.ffi.annotations.In;
import jnr.ffi.annotations.Out;
import jnr.ffi.types.mode_t;
import jnr.ffi.types.off_t;
import jnr.ffi.types.size_t;
import jnr.ffi.types.ssize_t;
import jnr.ffi.types.u_int64_t;

/** The C library, as {@link Posix} calls it; public, so that jnr-ffi can implement it. */
public interface LibC {
  int open(@In byte[] path, int flags, @mode_t int mode);

  int openat(int directory, @In byte[] path, int flags, @mode_t int mode);

  int close(int fd);

  int fcntl(int fd, int command, long argument);

  @ssize_t
  long pwrite(int fd, @In byte[] data, @size_t long length, @off_t long offset);

  @ssize_t
  long pwrite(int fd, @In ByteBuffer data, @size_t long length, @off_t long offset);

  @ssize_t
  long pwrite(int fd, Pointer memory, @size_t long length, @off_t long offset);

  @ssize_t
  long pwritev(int fd, Pointer vector, int count, @off_t long offset);

  @ssize_t
  long preadv(int fd, Pointer vector, int count, @off_t long offset);

  @ssize_t
  long write(int fd, @In byte[] data, @size_t long length);

  @ssize_t
  long pwritev2(int fd, Pointer vector, int count, @off_t long offset, int flags);

  @ssize_t
  long pread(int fd, @Out byte[] data, @size_t long length, @off_t long offset);

  @ssize_t
  long pread(int fd, @Out ByteBuffer data, @size_t long length, @off_t long offset);

  @ssize_t
  long read(int fd, @Out byte[] data, @size_t long length);

  @off_t
  long lseek(int fd, @off_t long offset, int whence);

  int ftruncate(int fd, @off_t long length);

  int truncate(@In byte[] path, @off_t long length);

  int fallocate(int fd, int mode, @off_t long offset, @off_t long length);

  int fsync(int fd);

  int fdatasync(int fd);

  int syncfs(int fd);

  @ssize_t
  long copy_file_range(
      int in, long[] inOffset, int out, long[] outOffset, @size_t long length, int flags);

  // a pointer, since jnr-ffi passes six numbers wrongly
  @u_int64_t
  long mmap(
      Pointer address, @size_t long length, int protection, int flags, int fd, @off_t long offset);

  int msync(@u_int64_t long address, @size_t long length, int flags);

  int munmap(@u_int64_t long address, @size_t long length);

  int mkdir(@In byte[] path, @mode_t int mode);

  int rmdir(@In byte[] path);

  int unlink(@In byte[] path);

  int linkat(int targetDirectory, @In byte[] target, int nameDirectory, @In byte[] name, int flags);

  int symlink(@In byte[] target, @In byte[] name);

  @ssize_t
  long readlink(@In byte[] path, @Out byte[] target, @size_t long length);

  int renameat2(int fromDirectory, @In byte[] from, int toDirectory, @In byte[] to, int flags);

  int mkdirat(int directory, @In byte[] name, @mode_t int mode);

  int unlinkat(int directory, @In byte[] name, int flags);

  int statfs(@In byte[] path, @Out ByteBuffer out);

  int futimens(int fd, @In long[] times);

  @ssize_t
  long fgetxattr(int fd, @In byte[] name, @Out byte[] value, @size_t long length);

  int fsetxattr(int fd, @In byte[] name, @In byte[] value, @size_t long length, int flags);

  int mknod(@In byte[] path, @mode_t int mode, @u_int64_t long device);

  int umask(@mode_t int mask);

  int statx(int directory, @In byte[] path, int flags, int mask, @Out ByteBuffer out);

  int chmod(@In byte[] path, @mode_t int mode);

  int fchmod(int fd, @mode_t int mode);

  int chown(@In byte[] path, int uid, int gid);

  int lchown(@In byte[] path, int uid, int gid);

  int fchown(int fd, int uid, int gid);

  int utimensat(int directory, @In byte[] path, @In long[] times, int flags);

  int faccessat(int directory, @In byte[] path, int mode, int flags);

  @ssize_t
  long lgetxattr(@In byte[] path, @In byte[] name, @Out byte[] value, @size_t long length);

  int lsetxattr(@In byte[] path, @In byte[] name, @In byte[] value, @size_t long length, int flags);

  int lremovexattr(@In byte[] path, @In byte[] name);

  @ssize_t
  long llistxattr(@In byte[] path, @Out byte[] names, @size_t long length);

  int flock(int fd, int operation);

  long syscall(long number, long first, long second, long third);
}
