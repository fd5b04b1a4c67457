package dev.pando.cowstore.map;

/**
 * An entry of a map page: 40 bits, of which 36 are an address and 4 are flags. In a leaf the
 * address is that of a block; in an inner page all 40 bits are the id of the page below. 0 is a
 * hole.
 */
public final class Entry {
  /** A hole, or nothing below. */
  public static final long NONE = 0;

  /** Addresses are below this: 256 TiB of blocks. */
  public static final long ADDRESS_LIMIT = 1L << 36;

  /** Only the file that owns the leaf can reach the block. Counts only in a leaf the file owns. */
  public static final long PRIVATE = 1L << 36;

  /**
   * The block is reserved: it reads as zeros, whatever it holds. Counts only in a leaf the file
   * owns; in any other the entry is a hole. Goes with {@link #PRIVATE}.
   */
  public static final long UNWRITTEN = 1L << 37;

  private static final long ADDRESS_MASK = ADDRESS_LIMIT - 1;

  private Entry() {}

  /** The block address of a leaf's entry. */
  public static long address(long entry) {
    return entry & ADDRESS_MASK;
  }

  /** The address of the block that holds the data of a leaf's entry; 0 if it reads as zeros. */
  public static long data(long entry) {
    return (entry & UNWRITTEN) == 0 ? entry & ADDRESS_MASK : 0;
  }

  /** Whether a leaf's entry is a reserved block that nothing was written to. */
  public static boolean isUnwritten(long entry) {
    return (entry & UNWRITTEN) != 0;
  }

  /** Whether a leaf's entry bears the private mark. */
  public static boolean isPrivate(long entry) {
    return (entry & PRIVATE) != 0;
  }
}
