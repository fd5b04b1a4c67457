package dev.pando.daemon.memory;

/**
 * The memory that a VM is configured to have.
 *
 * @param sizeBytes what its guest sees
 * @param reservationBytes what of it is guaranteed to be the host's memory
 * @param limitBytes the most of the host's memory that it gets; {@link #UNLIMITED} for no limit
 * @param shares its weight where VMs compete
 * @param processors how many virtual processors it has
 * @param isPinned whether all of its memory stays in the host's: then the reservation is the size
 */
public record VmMemory(
    long sizeBytes,
    long reservationBytes,
    long limitBytes,
    Shares shares,
    int processors,
    boolean isPinned) {
  public static final long UNLIMITED = Long.MAX_VALUE;

  /** More than any hypervisor gives a VM: 1 PiB. */
  public static final long MAX_BYTES = 1L << 50;

  public static final int MAX_PROCESSORS = 4096;

  /** A guest's memory comes in pieces of this size. */
  public static final long STEP_BYTES = 4 * Units.MIB;

  /** A VM of which nothing else is said: no reservation, no limit, normal shares. */
  public static VmMemory plain(long sizeBytes, int processors) {
    return new VmMemory(sizeBytes, 0, UNLIMITED, Shares.NORMAL, processors, false);
  }

  /**
   * The same if it can be; with all of it reserved if it is pinned.
   *
   * @throws MemoryRuleException with the rule that it breaks
   */
  public VmMemory checked() throws MemoryRuleException {
    if (sizeBytes <= 0 || sizeBytes > MAX_BYTES) {
      throw new MemoryRuleException("its size must be more than 0 and at most 1024 TiB");
    }
    if (processors < 1 || processors > MAX_PROCESSORS) {
      throw new MemoryRuleException("it must have 1 to " + MAX_PROCESSORS + " processors");
    }
    if (reservationBytes < 0 || limitBytes < 0) {
      throw new MemoryRuleException("no amount of memory is negative");
    }
    long reserved = isPinned ? sizeBytes : reservationBytes;
    if (reserved > sizeBytes) {
      throw new MemoryRuleException(
          "its reservation of "
              + Units.text(reserved)
              + " is more than its size of "
              + Units.text(sizeBytes));
    }
    if (limitBytes > MAX_BYTES && limitBytes != UNLIMITED) {
      throw new MemoryRuleException("its limit must be at most 1024 TiB, or none");
    }
    if (limitBytes < reserved) {
      throw new MemoryRuleException(
          "its limit of "
              + Units.text(limitBytes)
              + " is less than its reservation of "
              + Units.text(reserved));
    }
    return new VmMemory(sizeBytes, reserved, limitBytes, shares, processors, isPinned);
  }
}
