package dev.pando.tests.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;

/**
 * The system calls of Linux as the C library has them (section 2 of its manual). Each throws {@link
 * PosixException} instead of returning -1. Paths are bytes or {@link Path}s. Thread-safe.
 */
public final class Posix {
  public static final int AT_FDCWD = -100;
  public static final int AT_SYMLINK_NOFOLLOW = 0x100;
  public static final int AT_REMOVEDIR = 0x200;
  public static final int AT_SYMLINK_FOLLOW = 0x400;
  public static final int AT_EMPTY_PATH = 0x1000;

  public static final int O_RDONLY = 0;
  public static final int O_WRONLY = 1;
  public static final int O_RDWR = 2;
  public static final int O_CREAT = 0x40;
  public static final int O_EXCL = 0x80;
  public static final int O_TRUNC = 0x200;
  public static final int O_APPEND = 0x400;
  public static final int O_NONBLOCK = 0x800;
  public static final int O_DSYNC = 0x1000;
  public static final int O_DIRECT = 0x4000;
  public static final int O_DIRECTORY = 0x10000;
  public static final int O_NOFOLLOW = 0x20000;
  public static final int O_NOATIME = 0x40000;
  public static final int O_SYNC = 0x101000;
  public static final int O_PATH = 0x200000;
  public static final int O_TMPFILE = 0x410000;

  public static final int S_IFMT = 0170000;
  public static final int S_IFSOCK = 0140000;
  public static final int S_IFLNK = 0120000;
  public static final int S_IFREG = 0100000;
  public static final int S_IFBLK = 0060000;
  public static final int S_IFDIR = 0040000;
  public static final int S_IFCHR = 0020000;
  public static final int S_IFIFO = 0010000;
  public static final int S_ISUID = 04000;
  public static final int S_ISGID = 02000;
  public static final int S_ISVTX = 01000;

  public static final int RENAME_NOREPLACE = 1;
  public static final int RENAME_EXCHANGE = 2;
  public static final int RENAME_WHITEOUT = 4;

  public static final int SEEK_SET = 0;
  public static final int SEEK_DATA = 3;
  public static final int SEEK_HOLE = 4;

  public static final int FALLOC_KEEP_SIZE = 1;
  public static final int FALLOC_PUNCH_HOLE = 2;
  public static final int FALLOC_COLLAPSE_RANGE = 8;
  public static final int FALLOC_ZERO_RANGE = 16;
  public static final int FALLOC_INSERT_RANGE = 32;

  public static final int RWF_DSYNC = 2;
  public static final int RWF_SYNC = 4;
  public static final int RWF_APPEND = 16;

  public static final int XATTR_CREATE = 1;
  public static final int XATTR_REPLACE = 2;

  public static final int PROT_READ = 1;
  public static final int PROT_WRITE = 2;
  public static final int MAP_SHARED = 1;
  public static final int MAP_PRIVATE = 2;
  public static final int MS_SYNC = 4;

  public static final int LOCK_SH = 1;
  public static final int LOCK_EX = 2;
  public static final int LOCK_NB = 4;
  public static final int LOCK_UN = 8;
  public static final int F_SETFL = 4;
  public static final int F_GETLK = 5;
  public static final int F_SETLK = 6;
  public static final int F_OFD_GETLK = 36;
  public static final int F_OFD_SETLK = 37;
  public static final int F_RDLCK = 0;
  public static final int F_WRLCK = 1;
  public static final int F_UNLCK = 2;

  /** For a time of {@link #utimensat}: now, or leave it as it is. */
  public static final long UTIME_NOW = 0x3fffffff;

  public static final long UTIME_OMIT = 0x3ffffffe;

  private static final LibC C = LibraryLoader.create(LibC.class).load("c");
  private static final Runtime RUNTIME = Runtime.getRuntime(C);
  private static final boolean IS_ARM = System.getProperty("os.arch").equals("aarch64");
  private static final int STATX_BYTES = 256;
  private static final int STATX_BASIC_AND_BTIME = 0xfff;
  private static final int STATX_MODE = 2;
  private static final int PATH_BUFFER_BYTES = 8192;
  private static final int XATTR_BUFFER_BYTES = 1 << 17;

  private Posix() {}

  // ---- names ----------------------------------------------------------------------------------

  public static byte[] bytes(Path path) {
    return bytes(path.toString());
  }

  public static byte[] bytes(String path) {
    return path.getBytes(UTF_8);
  }

  /** The path of an entry whose name may be any bytes. */
  public static byte[] bytes(Path directory, byte[] name) {
    byte[] parent = bytes(directory + "/");
    byte[] all = Arrays.copyOf(parent, parent.length + name.length);
    System.arraycopy(name, 0, all, parent.length, name.length);
    return all;
  }

  private static byte[] terminated(byte[] path) {
    return Arrays.copyOf(path, path.length + 1);
  }

  // ---- opening --------------------------------------------------------------------------------

  public static int open(Path path, int flags) {
    return open(bytes(path), flags, 0);
  }

  public static int open(Path path, int flags, int mode) {
    return open(bytes(path), flags, mode);
  }

  public static int open(byte[] path, int flags, int mode) {
    return check("open", C.open(terminated(path), flags, mode));
  }

  public static int openat(int directory, String path, int flags, int mode) {
    return check("openat", C.openat(directory, terminated(bytes(path)), flags, mode));
  }

  public static void close(int fd) {
    check("close", C.close(fd));
  }

  public static void fcntl(int fd, int command, long argument) {
    check("fcntl", C.fcntl(fd, command, argument));
  }

  // ---- data -----------------------------------------------------------------------------------

  /** Memory that O_DIRECT takes: aligned to 4 KiB. */
  public static ByteBuffer aligned(int bytes) {
    // the slice loses up to a page at either end
    return ByteBuffer.allocateDirect(bytes + 2 * 4096).alignedSlice(4096).limit(bytes).slice();
  }

  /** Writes all of {@code data}; returns how much was written. */
  public static int pwrite(int fd, byte[] data, long offset) {
    return (int) check("pwrite", C.pwrite(fd, data, data.length, offset));
  }

  /** Writes what remains of a direct buffer, which stays as it is. */
  public static int pwrite(int fd, ByteBuffer data, long offset) {
    return (int) check("pwrite", C.pwrite(fd, data.slice(), data.remaining(), offset));
  }

  public static int write(int fd, byte[] data) {
    return (int) check("write", C.write(fd, data, data.length));
  }

  /** Writes with flags such as {@link #RWF_DSYNC}. */
  public static int pwritev2(int fd, ByteBuffer data, long offset, int flags) {
    Pointer vector = RUNTIME.getMemoryManager().allocateDirect(16);
    Pointer memory = Pointer.wrap(RUNTIME, data.slice());
    vector.putLong(0, memory.address());
    vector.putLong(8, data.remaining());
    return (int) check("pwritev2", C.pwritev2(fd, vector, 1, offset, flags));
  }

  /** Writes from memory at any address; EFAULT where nothing is mapped, and no signal. */
  public static int pwrite(int fd, Pointer memory, long length, long offset) {
    return (int) check("pwrite", C.pwrite(fd, memory, length, offset));
  }

  /** Writes what remains of direct buffers, which stay as they are; returns how much. */
  public static long pwritev(int fd, long offset, ByteBuffer... data) {
    return check("pwritev", C.pwritev(fd, vector(data), data.length, offset));
  }

  /** Reads into what remains of direct buffers, which stay as they are; returns how much. */
  public static long preadv(int fd, long offset, ByteBuffer... data) {
    return check("preadv", C.preadv(fd, vector(data), data.length, offset));
  }

  private static Pointer vector(ByteBuffer... data) {
    Pointer vector = RUNTIME.getMemoryManager().allocateDirect(16 * Math.max(1, data.length));
    for (int i = 0; i < data.length; i++) {
      vector.putLong(16L * i, Pointer.wrap(RUNTIME, data[i].slice()).address());
      vector.putLong(16L * i + 8, data[i].remaining());
    }
    return vector;
  }

  /** Reads up to {@code length} bytes; what comes back is as long as what was read. */
  public static byte[] pread(int fd, int length, long offset) {
    byte[] data = new byte[length];
    return Arrays.copyOf(data, (int) check("pread", C.pread(fd, data, length, offset)));
  }

  /** Reads into what remains of a direct buffer, which stays as it is; returns how much. */
  public static int pread(int fd, ByteBuffer data, long offset) {
    return (int) check("pread", C.pread(fd, data.slice(), data.remaining(), offset));
  }

  public static byte[] read(int fd, int length) {
    byte[] data = new byte[length];
    return Arrays.copyOf(data, (int) check("read", C.read(fd, data, length)));
  }

  public static long lseek(int fd, long offset, int whence) {
    return check("lseek", C.lseek(fd, offset, whence));
  }

  public static void ftruncate(int fd, long length) {
    check("ftruncate", C.ftruncate(fd, length));
  }

  public static void truncate(Path path, long length) {
    check("truncate", C.truncate(terminated(bytes(path)), length));
  }

  public static void fallocate(int fd, int mode, long offset, long length) {
    check("fallocate", C.fallocate(fd, mode, offset, length));
  }

  public static void fsync(int fd) {
    check("fsync", C.fsync(fd));
  }

  public static void fdatasync(int fd) {
    check("fdatasync", C.fdatasync(fd));
  }

  public static void syncfs(int fd) {
    check("syncfs", C.syncfs(fd));
  }

  /** Copies at the given offsets; returns how many bytes were copied. */
  public static long copyFileRange(int in, long inOffset, int out, long outOffset, long length) {
    return copyFileRange(in, inOffset, out, outOffset, length, 0);
  }

  public static long copyFileRange(
      int in, long inOffset, int out, long outOffset, long length, int flags) {
    long[] from = {inOffset};
    long[] to = {outOffset};
    return check("copy_file_range", C.copy_file_range(in, from, out, to, length, flags));
  }

  // ---- mapping --------------------------------------------------------------------------------

  /** Maps a range of a file; the pointer is good until {@link #munmap}. */
  public static Pointer mmap(int fd, long offset, long length, int protection, int flags) {
    long address = C.mmap(null, length, protection, flags, fd, offset);
    check("mmap", address);
    return Pointer.wrap(RUNTIME, address, length);
  }

  public static void msync(Pointer mapping, long length) {
    check("msync", C.msync(mapping.address(), length, MS_SYNC));
  }

  public static void munmap(Pointer mapping, long length) {
    check("munmap", C.munmap(mapping.address(), length));
  }

  // ---- names in directories -------------------------------------------------------------------

  public static void mkdir(Path path, int mode) {
    mkdir(bytes(path), mode);
  }

  public static void mkdir(byte[] path, int mode) {
    check("mkdir", C.mkdir(terminated(path), mode));
  }

  public static void rmdir(Path path) {
    rmdir(bytes(path));
  }

  public static void rmdir(byte[] path) {
    check("rmdir", C.rmdir(terminated(path)));
  }

  public static void unlink(Path path) {
    unlink(bytes(path));
  }

  public static void unlink(byte[] path) {
    check("unlink", C.unlink(terminated(path)));
  }

  public static void link(Path target, Path name) {
    linkat(AT_FDCWD, bytes(target), name, 0);
  }

  public static void linkat(int directory, byte[] target, Path name, int flags) {
    check(
        "linkat",
        C.linkat(directory, terminated(target), AT_FDCWD, terminated(bytes(name)), flags));
  }

  public static void symlink(byte[] target, Path name) {
    check("symlink", C.symlink(terminated(target), terminated(bytes(name))));
  }

  public static byte[] readlink(Path path) {
    byte[] target = new byte[PATH_BUFFER_BYTES];
    long length = C.readlink(terminated(bytes(path)), target, target.length);
    return Arrays.copyOf(target, (int) check("readlink", length));
  }

  public static void rename(Path from, Path to) {
    rename(bytes(from), bytes(to), 0);
  }

  public static void rename(Path from, Path to, int flags) {
    rename(bytes(from), bytes(to), flags);
  }

  public static void rename(byte[] from, byte[] to, int flags) {
    check("renameat2", C.renameat2(AT_FDCWD, terminated(from), AT_FDCWD, terminated(to), flags));
  }

  /** {@code mode} has the type bits; {@code device} is as makedev(3) makes it. */
  public static void mknod(Path path, int mode, long device) {
    check("mknod", C.mknod(terminated(bytes(path)), mode, device));
  }

  public static int umask(int mask) {
    return C.umask(mask);
  }

  // ---- names in open directories ----------------------------------------------------------------

  public static void mkdirat(int directory, String name, int mode) {
    check("mkdirat", C.mkdirat(directory, terminated(bytes(name)), mode));
  }

  /** With {@link #AT_REMOVEDIR} as rmdir(2). */
  public static void unlinkat(int directory, String name, int flags) {
    check("unlinkat", C.unlinkat(directory, terminated(bytes(name)), flags));
  }

  public static Stat fstatat(int directory, String name) {
    return statx(directory, bytes(name), AT_SYMLINK_NOFOLLOW);
  }

  /** Fills a direct buffer with records of an open directory; 0 at its end. */
  public static int getdents(int directory, ByteBuffer records) {
    long getdents64 = IS_ARM ? 61 : 217;
    long address = Pointer.wrap(RUNTIME, records).address();
    return (int) check("getdents64", C.syscall(getdents64, directory, address, records.capacity()));
  }

  // ---- attributes -----------------------------------------------------------------------------

  /** What statx(2) tells; times in seconds and nanoseconds since 1970. */
  public record Stat(
      int mask,
      int mode,
      int links,
      int uid,
      int gid,
      long inode,
      long size,
      long blocks,
      int blockSize,
      Time accessed,
      Time born,
      Time changed,
      Time modified,
      int deviceMajor,
      int deviceMinor) {
    int type() {
      return mode & S_IFMT;
    }

    int permissions() {
      return mode & 07777;
    }
  }

  /** A point in time. */
  public record Time(long seconds, int nanos) implements Comparable<Time> {
    @Override
    public int compareTo(Time other) {
      int order = Long.compare(seconds, other.seconds);
      return order != 0 ? order : Integer.compare(nanos, other.nanos);
    }
  }

  public static Stat stat(Path path) {
    return statx(AT_FDCWD, bytes(path), 0);
  }

  public static Stat lstat(Path path) {
    return statx(AT_FDCWD, bytes(path), AT_SYMLINK_NOFOLLOW);
  }

  public static Stat fstat(int fd) {
    return statx(fd, new byte[0], AT_EMPTY_PATH);
  }

  /** The permission bits alone, as {@code stat -c %a} asks for them. */
  public static int permissions(Path path) {
    return statx(AT_FDCWD, bytes(path), AT_SYMLINK_NOFOLLOW, STATX_MODE).permissions();
  }

  public static Stat statx(int directory, byte[] path, int flags) {
    return statx(directory, path, flags, STATX_BASIC_AND_BTIME);
  }

  private static Stat statx(int directory, byte[] path, int flags, int mask) {
    ByteBuffer out = ByteBuffer.allocateDirect(STATX_BYTES).order(ByteOrder.nativeOrder());
    check("statx", C.statx(directory, terminated(path), flags, mask, out));
    return new Stat(
        out.getInt(0),
        Short.toUnsignedInt(out.getShort(28)),
        out.getInt(16),
        out.getInt(20),
        out.getInt(24),
        out.getLong(32),
        out.getLong(40),
        out.getLong(48),
        out.getInt(4),
        time(out, 64),
        time(out, 80),
        time(out, 96),
        time(out, 112),
        out.getInt(128),
        out.getInt(132));
  }

  private static Time time(ByteBuffer out, int at) {
    return new Time(out.getLong(at), out.getInt(at + 8));
  }

  public static void chmod(Path path, int mode) {
    check("chmod", C.chmod(terminated(bytes(path)), mode));
  }

  public static void fchmod(int fd, int mode) {
    check("fchmod", C.fchmod(fd, mode));
  }

  /** -1 leaves an id as it is. */
  public static void chown(Path path, int uid, int gid) {
    check("chown", C.chown(terminated(bytes(path)), uid, gid));
  }

  public static void lchown(Path path, int uid, int gid) {
    check("lchown", C.lchown(terminated(bytes(path)), uid, gid));
  }

  public static void fchown(int fd, int uid, int gid) {
    check("fchown", C.fchown(fd, uid, gid));
  }

  /** Times whose nanoseconds may be {@link #UTIME_NOW} or {@link #UTIME_OMIT}. */
  public static void utimensat(
      Path path, long accessSeconds, long accessNanos, long modifySeconds, long modifyNanos) {
    long[] times = {accessSeconds, accessNanos, modifySeconds, modifyNanos};
    check("utimensat", C.utimensat(AT_FDCWD, terminated(bytes(path)), times, AT_SYMLINK_NOFOLLOW));
  }

  public static void access(Path path, int mode) {
    check("faccessat", C.faccessat(AT_FDCWD, terminated(bytes(path)), mode, AT_EACCESS));
  }

  private static final int AT_EACCESS = 0x200;

  /** The times of an open file or directory. */
  public static void futimens(
      int fd, long accessSeconds, long accessNanos, long modifySeconds, long modifyNanos) {
    long[] times = {accessSeconds, accessNanos, modifySeconds, modifyNanos};
    check("futimens", C.futimens(fd, times));
  }

  /** What statfs(2) tells, as far as it is of use here. */
  public record FileSystemStat(
      long blockSize,
      long blocks,
      long freeBlocks,
      long availableBlocks,
      long files,
      long freeFiles,
      long nameMax,
      long fragmentSize) {}

  public static FileSystemStat statfs(Path path) {
    ByteBuffer out = ByteBuffer.allocateDirect(STATFS_BYTES).order(ByteOrder.nativeOrder());
    check("statfs", C.statfs(terminated(bytes(path)), out));
    return new FileSystemStat(
        out.getLong(8),
        out.getLong(16),
        out.getLong(24),
        out.getLong(32),
        out.getLong(40),
        out.getLong(48),
        out.getLong(64),
        out.getLong(72));
  }

  private static final int STATFS_BYTES = 256;

  // ---- extended attributes ----------------------------------------------------------------------

  public static byte[] getxattr(Path path, String name) {
    byte[] value = new byte[XATTR_BUFFER_BYTES];
    long length =
        C.lgetxattr(terminated(bytes(path)), terminated(bytes(name)), value, value.length);
    return Arrays.copyOf(value, (int) check("lgetxattr", length));
  }

  /** With a buffer of {@code length} bytes; 0 asks for the length only. */
  public static int getxattrLength(Path path, String name, int length) {
    byte[] value = new byte[length];
    return (int)
        check(
            "lgetxattr",
            C.lgetxattr(terminated(bytes(path)), terminated(bytes(name)), value, length));
  }

  public static void setxattr(Path path, String name, byte[] value, int flags) {
    check(
        "lsetxattr",
        C.lsetxattr(terminated(bytes(path)), terminated(bytes(name)), value, value.length, flags));
  }

  public static void removexattr(Path path, String name) {
    check("lremovexattr", C.lremovexattr(terminated(bytes(path)), terminated(bytes(name))));
  }

  /** The names, in the order in which they come. */
  public static java.util.List<String> listxattr(Path path) {
    byte[] names = new byte[XATTR_BUFFER_BYTES];
    int length =
        (int) check("llistxattr", C.llistxattr(terminated(bytes(path)), names, names.length));
    String all = new String(names, 0, length, UTF_8);
    return all.isEmpty() ? java.util.List.of() : java.util.List.of(all.split("\0"));
  }

  public static byte[] fgetxattr(int fd, String name) {
    byte[] value = new byte[XATTR_BUFFER_BYTES];
    long length = C.fgetxattr(fd, terminated(bytes(name)), value, value.length);
    return Arrays.copyOf(value, (int) check("fgetxattr", length));
  }

  public static void fsetxattr(int fd, String name, byte[] value, int flags) {
    check("fsetxattr", C.fsetxattr(fd, terminated(bytes(name)), value, value.length, flags));
  }

  /** With a buffer of {@code length} bytes; 0 asks for the length only. */
  public static int listxattrLength(Path path, int length) {
    byte[] names = new byte[length];
    return (int) check("llistxattr", C.llistxattr(terminated(bytes(path)), names, length));
  }

  // ---- locks ----------------------------------------------------------------------------------

  public static void flock(int fd, int operation) {
    check("flock", C.flock(fd, operation));
  }

  /**
   * A record lock: {@code command} is {@link #F_SETLK}, {@link #F_OFD_SETLK} or the getters;
   * returns the type of the lock that is in the way, for the getters.
   */
  public static int lock(int fd, int command, int type, long start, long length) {
    return record(fd, command, type, start, length).getShort(0);
  }

  private static ByteBuffer record(int fd, int command, int type, long start, long length) {
    ByteBuffer lock = ByteBuffer.allocateDirect(32).order(ByteOrder.nativeOrder());
    lock.putShort(0, (short) type).putLong(8, start).putLong(16, length);
    check("fcntl", C.fcntl(fd, command, Pointer.wrap(RUNTIME, lock).address()));
    return lock;
  }

  /** The process whose record lock is in the way of one that would be like this. */
  public static int lockOwner(int fd, int type, long start, long length) {
    return record(fd, F_GETLK, type, start, length).getInt(24);
  }

  // ---- who asks -------------------------------------------------------------------------------

  /**
   * Runs {@code action} with this thread as another user: the ids of the thread only, as the kernel
   * has them. Root is what it was before, afterwards.
   */
  public static void as(int uid, int gid, int[] groups, Runnable action) {
    long setResUid = IS_ARM ? 147 : 117;
    long setResGid = IS_ARM ? 149 : 119;
    long setGroups = IS_ARM ? 159 : 116;
    ByteBuffer list =
        ByteBuffer.allocateDirect(Math.max(4, 4 * groups.length)).order(ByteOrder.nativeOrder());
    list.asIntBuffer().put(groups);
    long address = Pointer.wrap(RUNTIME, list).address();
    check("setgroups", C.syscall(setGroups, groups.length, address, 0));
    try {
      check("setresgid", C.syscall(setResGid, -1, gid, -1));
      check("setresuid", C.syscall(setResUid, -1, uid, -1));
      action.run();
    } finally {
      check("setresuid", C.syscall(setResUid, -1, 0, -1));
      check("setresgid", C.syscall(setResGid, -1, 0, -1));
      check("setgroups", C.syscall(setGroups, 0, address, 0));
    }
  }

  // ---- the C library --------------------------------------------------------------------------

  private static int check(String call, int result) {
    return (int) check(call, (long) result);
  }

  private static long check(String call, long result) {
    if (result == -1) {
      throw new PosixException(call, RUNTIME.getLastError());
    }
    return result;
  }
}
