package dev.pando.daemon.fuse.wire;

import java.nio.ByteBuffer;

/** {@code struct fuse_init_out}: what of the kernel's offer is taken. */
public final class InitOut extends Struct {
  public static final int BYTES = 64;

  static final int MAJOR = 0;
  static final int MINOR = 4;
  static final int MAX_READAHEAD = 8;
  static final int FLAGS = 12;
  static final int MAX_BACKGROUND = 16;
  static final int CONGESTION_THRESHOLD = 18;
  static final int MAX_WRITE_BYTES = 20;
  static final int TIME_GRANULARITY_NANOS = 24;
  static final int MAX_PAGES = 28;
  static final int MAP_ALIGNMENT = 30;
  static final int FLAGS2 = 32;
  static final int MAX_STACK_DEPTH = 36;
  static final int REQUEST_TIMEOUT_SECONDS = 40;

  public InitOut(ByteBuffer memory, int base) {
    super(memory, base);
  }

  public void major(int value) {
    u32(MAJOR, value);
  }

  public void minor(int value) {
    u32(MINOR, value);
  }

  public void maxReadahead(int value) {
    u32(MAX_READAHEAD, value);
  }

  public void flags(int value) {
    u32(FLAGS, value);
  }

  public void maxBackground(int value) {
    u16(MAX_BACKGROUND, value);
  }

  public void congestionThreshold(int value) {
    u16(CONGESTION_THRESHOLD, value);
  }

  public void maxWriteBytes(int value) {
    u32(MAX_WRITE_BYTES, value);
  }

  public void timeGranularityNanos(int value) {
    u32(TIME_GRANULARITY_NANOS, value);
  }

  public void maxPages(int value) {
    u16(MAX_PAGES, value);
  }

  public void mapAlignment(int value) {
    u16(MAP_ALIGNMENT, value);
  }

  public void flags2(int value) {
    u32(FLAGS2, value);
  }

  public void maxStackDepth(int value) {
    u32(MAX_STACK_DEPTH, value);
  }

  public void requestTimeoutSeconds(int value) {
    u16(REQUEST_TIMEOUT_SECONDS, value);
  }
}
