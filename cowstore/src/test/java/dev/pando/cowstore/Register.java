package dev.pando.cowstore;

import java.util.ArrayList;
import java.util.List;

/**
 * What a reader may find in one place that writers change side by side: the value of a write that
 * had begun before the read ended, unless another write came, whole, after that one and before the
 * read.
 */
final class Register {
  private static final long PENDING = Long.MAX_VALUE;
  private static final int MOST_COPIES = 4;

  private final String name;
  private final List<Write> writes = new ArrayList<>();

  /** One write, and when it began and ended. */
  static final class Write {
    private final long value;

    /** What it is a copy of, whichever value that had meanwhile; or null. */
    private final Register source;

    private final long begun;
    private long ended = PENDING;

    private Write(long value, Register source, long begun) {
      this.value = value;
      this.source = source;
      this.begun = begun;
    }

    private boolean gives(long read, long to, int depth) {
      return source == null
          ? value == read
          // copies to and fro: any may have come from any
          : depth > MOST_COPIES || source.explains(read, begun, Math.min(ended, to), depth + 1);
    }

    void end(long now) {
      ended = now;
    }
  }

  Register(String name, long value) {
    this.name = name;
    begin(value, 0).end(0);
  }

  /** A write begins, which ends, or not, by {@link Write#end}. */
  Write begin(long value, long now) {
    return begin(new Write(value, null, now));
  }

  /** The same for a copy. */
  Write begin(Register source, long now) {
    return begin(new Write(0, source, now));
  }

  private Write begin(Write write) {
    writes.add(write);
    return write;
  }

  /** Whether a read from one time to another may find a value. */
  boolean explains(long value, long from, long to) {
    return explains(value, from, to, 0);
  }

  private boolean explains(long value, long from, long to, int depth) {
    return writes.stream()
        .anyMatch(
            write ->
                write.begun <= to && write.gives(value, to, depth) && !isReplaced(write, from));
  }

  private boolean isReplaced(Write write, long before) {
    return writes.stream().anyMatch(later -> later.begun > write.ended && later.ended < before);
  }

  /** Throws unless a read from one time to another may find a value. */
  void require(long value, long from, long to) {
    if (!explains(value, from, to)) {
      StringBuilder text = new StringBuilder();
      for (Write write : writes) {
        String end = write.ended == PENDING ? "" : String.valueOf(write.ended);
        text.append(" ").append(write.source == null ? write.value : write.source.name);
        text.append(" [").append(write.begun).append("..");
        text.append(end).append("]");
      }
      throw new AssertionError(
          name + " reads as " + value + " in [" + from + ".." + to + "]; written:" + text);
    }
  }
}
