package dev.pando.daemon.fuse.wire;

import java.nio.ByteBuffer;

/** {@code struct fuse_kstatfs}. */
public final class StatfsOut extends Struct {
  public static final int BYTES = 80;

  static final int BLOCKS = 0;
  static final int FREE_BLOCKS = 8;
  static final int AVAILABLE_BLOCKS = 16;
  static final int FILES = 24;
  static final int FREE_FILES = 32;
  static final int BLOCK_BYTES = 40;
  static final int NAME_MAX = 44;
  static final int FRAGMENT_BYTES = 48;

  public StatfsOut(ByteBuffer memory, int base) {
    super(memory, base);
  }

  public void blocks(long value) {
    u64(BLOCKS, value);
  }

  public void freeBlocks(long value) {
    u64(FREE_BLOCKS, value);
  }

  public void availableBlocks(long value) {
    u64(AVAILABLE_BLOCKS, value);
  }

  public void files(long value) {
    u64(FILES, value);
  }

  public void freeFiles(long value) {
    u64(FREE_FILES, value);
  }

  public void blockBytes(int value) {
    u32(BLOCK_BYTES, value);
  }

  public void nameMax(int value) {
    u32(NAME_MAX, value);
  }

  public void fragmentBytes(int value) {
    u32(FRAGMENT_BYTES, value);
  }
}
