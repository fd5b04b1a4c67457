package dev.pando.daemon.fuse;

import java.time.Duration;

/**
 * How long the kernel may believe what it was told without asking again.
 *
 * @param names how long a name stands for its inode
 * @param attributes how long attributes are good. A change that the kernel itself asks for makes it
 *     ask again anyway
 * @param absentNames how long a name that was not found stays absent; zero: not remembered
 */
public record CachePolicy(Duration names, Duration attributes, Duration absentNames) {
  /**
   * All changes go through the daemon, which notifies those that are its own, names that come as
   * well as names that go: an hour.
   */
  public static final CachePolicy LONG =
      new CachePolicy(Duration.ofHours(1), Duration.ofHours(1), Duration.ofHours(1));

  /** Every question reaches the file system. */
  public static final CachePolicy NONE =
      new CachePolicy(Duration.ZERO, Duration.ZERO, Duration.ZERO);

  public CachePolicy {
    if (names.isNegative() || attributes.isNegative() || absentNames.isNegative()) {
      throw new IllegalArgumentException("a negative time of validity");
    }
  }
}
