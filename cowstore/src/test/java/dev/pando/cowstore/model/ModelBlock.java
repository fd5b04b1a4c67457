package dev.pando.cowstore.model;

import java.util.Arrays;
import java.util.BitSet;
import java.util.HexFormat;

/** One content of a block and the ones it replaced. Immutable, so that forks share it. */
final class ModelBlock {
  static final int BYTES = 4096;
  static final int SECTOR = 512;
  static final byte[] ZEROS = new byte[BYTES];
  static final ModelBlock HOLE = new ModelBlock(ZEROS, false, false, 0, null);

  /** The block's bytes; zeros past the end of the file; never changed. */
  private final byte[] content;

  /**
   * Whether the store may say that there is data. A block that is not all zeros must be data, one
   * that is not mapped must be a hole.
   */
  private final boolean mapped;

  /**
   * Whether later contents go to another place on the disk, so that none of them can show without
   * the change that made this one.
   */
  private final boolean barrier;

  /** The step of the file at which it became the content. */
  private final long since;

  /** The content before; null if there was none since the file was last durable. */
  private final ModelBlock earlier;

  private ModelBlock(
      byte[] content, boolean mapped, boolean barrier, long since, ModelBlock earlier) {
    this.content = content;
    this.mapped = mapped;
    this.barrier = barrier;
    this.since = since;
    this.earlier = earlier;
  }

  /** A block that is durable as it is. */
  static ModelBlock durable(byte[] content, boolean mapped) {
    return new ModelBlock(content, mapped, false, 0, null);
  }

  byte[] content() {
    return content;
  }

  boolean mapped() {
    return mapped;
  }

  /** The block with a new content on top; what was replaced before {@code durableStep} is cut. */
  ModelBlock become(
      byte[] newContent, boolean newMapped, boolean newBarrier, long step, long durableStep) {
    return new ModelBlock(newContent, newMapped, newBarrier, step, since(durableStep));
  }

  /** The block without the contents that were replaced before {@code durableStep}. */
  private ModelBlock since(long durableStep) {
    if (since <= durableStep || earlier == null) {
      return new ModelBlock(content, mapped, barrier, since, null);
    }
    return new ModelBlock(content, mapped, barrier, since, earlier.since(durableStep));
  }

  /**
   * This block's contents since {@code itsDurableStep}, as those that followed {@code base} from
   * step {@code first} on.
   */
  ModelBlock onTopOf(ModelBlock base, long itsDurableStep, long first, long durableStep) {
    boolean oldest = earlier == null || since <= itsDurableStep;
    ModelBlock below =
        oldest
            ? base.since(durableStep)
            : earlier.onTopOf(base, itsDurableStep, first, durableStep);
    long step = first + Math.max(0, since - itsDurableStep);
    return new ModelBlock(content, mapped, barrier, step, below);
  }

  boolean isZero() {
    return Arrays.equals(content, ZEROS);
  }

  /** Whether the store may say that there is data, whichever content survived. */
  boolean wasMappedSince(long durableStep) {
    for (ModelBlock block = this; block != null; block = block.earlier) {
      if (block.mapped) {
        return true;
      }
      if (block.since <= durableStep) {
        return false;
      }
    }
    return false;
  }

  /**
   * The instants at which the file may stand if one of its sectors, cut off at {@code to}, holds
   * what {@code observed} holds. It may have been written in place, and such a write may be there
   * before its instant, or be lost after it: a commit leaves it to the host.
   *
   * @return bit n: step {@code durableStep + n}
   */
  BitSet instants(byte[] observed, int from, int to, long durableStep, long nowStep) {
    BitSet instants = new BitSet();
    long end = nowStep + 1;
    for (ModelBlock block = this; block != null; block = block.earlier) {
      if (Arrays.equals(block.content, from, to, observed, from, to)) {
        long first = Math.max(block.placeSince(), durableStep);
        instants.set((int) (first - durableStep), (int) (end - durableStep));
      }
      if (block.since <= durableStep) {
        break;
      }
      if (block.barrier || block.earlier == null || block.mapped != block.earlier.mapped) {
        end = block.since; // it has another place from then on, on record
      }
    }
    return instants;
  }

  /** What was observed of a sector, and what it held from which step on, newest first. */
  String describe(byte[] observed, int from, int to) {
    StringBuilder text = new StringBuilder(hex(observed, from, to)).append("; it held");
    for (ModelBlock block = this; block != null; block = block.earlier) {
      text.append(" ").append(hex(block.content, from, to)).append(" from step ");
      text.append(block.since).append(block.barrier ? " (another place)" : "");
    }
    return text.toString();
  }

  /** The first bytes of a sector, and its checksum. */
  private static String hex(byte[] content, int from, int to) {
    byte[] sector = Arrays.copyOfRange(content, from, to);
    byte[] first = Arrays.copyOf(sector, 8);
    byte[] last = Arrays.copyOfRange(sector, Math.max(0, sector.length - 8), sector.length);
    HexFormat format = HexFormat.of();
    return format.formatHex(first) + ".." + format.formatHex(last);
  }

  private long placeSince() {
    for (ModelBlock block = this; block != null; block = block.earlier) {
      if (block.barrier) {
        return block.since;
      }
    }
    return Long.MIN_VALUE;
  }
}
