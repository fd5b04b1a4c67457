package dev.pando.daemon.fuse.jnr;

import dev.pando.daemon.tree.Attributes;
import dev.pando.daemon.tree.FileSystemStatistics;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;
import ru.serce.jnrfuse.struct.FileStat;
import ru.serce.jnrfuse.struct.Statvfs;

/**
 * Writes {@code struct stat} and {@code struct statvfs} as this machine has them. For one thread.
 */
final class StatBuffer {
  private static final Runtime RUNTIME = Runtime.getSystemRuntime();

  private final FileStat stat = new FileStat(RUNTIME);
  private final Statvfs statvfs = new Statvfs(RUNTIME);

  /** Fills the {@code struct stat} at {@code address}, which libfuse has cleared. */
  void write(long address, Attributes from) {
    stat.useMemory(Pointer.wrap(RUNTIME, address));
    stat.st_ino.set(from.node);
    stat.st_mode.set(from.mode);
    stat.st_nlink.set(from.linkCount);
    stat.st_uid.set(Integer.toUnsignedLong(from.userId));
    stat.st_gid.set(Integer.toUnsignedLong(from.groupId));
    stat.st_rdev.set(Integer.toUnsignedLong(from.device));
    stat.st_size.set(from.sizeBytes);
    stat.st_blksize.set(FileSystemStatistics.BLOCK_BYTES);
    stat.st_blocks.set(from.sectors);
    stat.st_atim.tv_sec.set(from.accessSeconds);
    stat.st_atim.tv_nsec.set(from.accessNanos);
    stat.st_mtim.tv_sec.set(from.modifySeconds);
    stat.st_mtim.tv_nsec.set(from.modifyNanos);
    stat.st_ctim.tv_sec.set(from.changeSeconds);
    stat.st_ctim.tv_nsec.set(from.changeNanos);
  }

  /** Fills in what a directory entry has of a {@code struct stat}. */
  void writeEntry(long address, long node, int type) {
    stat.useMemory(Pointer.wrap(RUNTIME, address));
    stat.st_ino.set(node);
    stat.st_mode.set(type);
  }

  /** Fills the {@code struct statvfs} at {@code address}, which libfuse has cleared. */
  void write(long address, FileSystemStatistics from) {
    statvfs.useMemory(Pointer.wrap(RUNTIME, address));
    statvfs.f_bsize.set(FileSystemStatistics.BLOCK_BYTES);
    statvfs.f_frsize.set(FileSystemStatistics.BLOCK_BYTES);
    statvfs.f_blocks.set(from.totalBlocks);
    statvfs.f_bfree.set(from.freeBlocks);
    statvfs.f_bavail.set(from.availableBlocks);
    statvfs.f_files.set(from.totalFiles);
    statvfs.f_ffree.set(from.freeFiles);
    statvfs.f_favail.set(from.freeFiles);
    statvfs.f_namemax.set(FileSystemStatistics.NAME_MAX);
  }
}
