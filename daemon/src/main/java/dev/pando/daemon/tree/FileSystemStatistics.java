package dev.pando.daemon.tree;

/** The figures of statfs(2), as a buffer that is filled and read by one thread. */
public final class FileSystemStatistics {
  public static final int BLOCK_BYTES = 4096;
  public static final int NAME_MAX = 255;

  /** Total, free and available space in units of {@link #BLOCK_BYTES}. */
  public long totalBlocks;

  public long freeBlocks;
  public long availableBlocks;

  /** Inodes in all, and how many more can be made. */
  public long totalFiles;

  public long freeFiles;
}
