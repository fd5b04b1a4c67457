package dev.pando.daemon.memory;

/**
 * What a VM that is powered on may count on, or several together.
 *
 * @param sizeBytes the memory that its guest sees
 * @param reservationBytes what of it is the host's memory for sure
 * @param overheadBytes what the hypervisor needs for it
 */
public record Promise(long sizeBytes, long reservationBytes, long overheadBytes) {
  public static final Promise NOTHING = new Promise(0, 0, 0);

  /** What must have room on a disk, should the host's memory not be enough. */
  public long swapBytes() {
    return sizeBytes - reservationBytes;
  }

  public Promise plus(Promise other) {
    return new Promise(
        sizeBytes + other.sizeBytes,
        reservationBytes + other.reservationBytes,
        overheadBytes + other.overheadBytes);
  }
}
