package dev.pando.cowstore;

/** Takes the extents of a file, one after the other. */
@FunctionalInterface
public interface ExtentVisitor {
  /**
   * Some bytes of the file and where they lie.
   *
   * @param offset in the file, a multiple of the block size
   * @param address in the store, in bytes: two files share a block if and only if they have one of
   *     its addresses
   * @param lengthBytes in whole blocks, within one segment
   */
  void extent(long offset, long address, long lengthBytes);
}
