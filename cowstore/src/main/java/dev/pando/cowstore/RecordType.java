package dev.pando.cowstore;

/** What a journal record says: FORMAT.md, chapter 4. */
final class RecordType {
  /** New blocks in one leaf of a file. */
  static final int WRITE = 1;

  /** Holes in one leaf of a file. */
  static final int UNMAP = 2;

  /** A new size, and a new block in place of one that is cut. */
  static final int RESIZE = 3;

  /** Nothing is mapped past the end of a file any more. */
  static final int TRIMMED = 4;

  /** Blocks of another file in one leaf of a file. */
  static final int SHARE = 5;

  /** A batch of operations on records and files. */
  static final int CHANGE = 6;

  /** What is durable. */
  static final int MARK = 7;

  /** Pages and blocks of a dead epoch that are free. */
  static final int RECLAIM = 8;

  /** A whole file copied on to an empty one: a fork that counts as data of the target. */
  static final int COPY = 9;

  /** Reserved blocks in one leaf of a file. */
  static final int RESERVE = 10;

  /** The only child of an epoch became one with it, or all that this left behind is gone. */
  static final int JOIN = 11;

  /** A leaf of what an epoch was before it was joined is gone. */
  static final int JOIN_LEAF = 12;

  /** A leaf of an epoch that nobody bears lost its reserved blocks, or none has any more. */
  static final int STRIP = 13;

  /** Blocks beyond their family that nothing refers to are free, and aliases that no page bears. */
  static final int SWEEP = 14;

  /** Blocks of a file are beyond their family: others may come to refer to them. */
  static final int GIVE = 15;

  /** Entries of one leaf point at equal blocks, or are holes where they were zeros. */
  static final int REPOINT = 16;

  /** Whether a record is about the data of one file, whose id its body begins with. */
  static boolean isOfFile(int type) {
    return switch (type) {
      case WRITE, UNMAP, RESIZE, TRIMMED, SHARE, RESERVE, REPOINT -> true;
      default -> false;
    };
  }

  private RecordType() {}
}
