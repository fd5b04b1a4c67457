package dev.pando.daemon.fuse.wire;

import java.nio.ByteBuffer;

/** {@code struct fuse_dirent}: one entry of a directory; its name follows, padded to 8 bytes. */
public final class Dirent extends Struct {
  static final int INO = 0;
  static final int OFF = 8;
  static final int NAMELEN = 16;
  static final int TYPE = 20;
  static final int NAME = 24;

  /** From a mode to the DT_* value of its type. */
  private static final int TYPE_SHIFT = 12;

  public Dirent(ByteBuffer memory, int base) {
    super(memory, base);
  }

  /** What an entry with a name of {@code nameBytes} takes. */
  public static int bytes(int nameBytes) {
    return (NAME + nameBytes + Long.BYTES - 1) & -Long.BYTES;
  }

  /**
   * Fills the whole entry.
   *
   * @param cookie where a reading goes on after this entry
   * @param mode of which the type bits count
   */
  public void set(long node, long cookie, int mode, byte[] name) {
    // the padding first: the name overwrites the part of it that is name
    u64(bytes(name.length) - Long.BYTES, 0);
    u64(INO, node);
    u64(OFF, cookie);
    u32(NAMELEN, name.length);
    u32(TYPE, (mode & 0xf000) >>> TYPE_SHIFT);
    memory().put(base() + NAME, name);
  }
}
