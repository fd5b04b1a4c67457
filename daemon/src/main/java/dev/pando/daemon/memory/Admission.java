package dev.pando.daemon.memory;

import java.util.Optional;

/**
 * Whether one more VM may be powered on (VMware, "Admission control"; Waldspurger, OSDI 2002,
 * section 6.2): its reservation and overhead must fit what is not reserved, and what of its memory
 * is not reserved must find room on the disk that it would be swapped to.
 *
 * @param host what there is
 * @param promised what other VMs were promised
 * @param swapRoomBytes what is free on that disk, all that is set aside for others taken off
 */
public record Admission(HostMemory host, Promise promised, long swapRoomBytes) {

  /**
   * Why a VM can not be admitted: a sentence with the arithmetic, without the last stop; nothing if
   * it can.
   */
  public Optional<String> refusal(Promise wanted) {
    long needed = wanted.reservationBytes() + wanted.overheadBytes();
    long unreserved = host.unreservedBytes(promised);
    if (needed > unreserved) {
      return Optional.of(
          "it needs %s (%s reserved + %s overhead), and %s (%s in all - %s for the host - %s overhead - %s reserved)"
              .formatted(
                  Units.text(needed),
                  Units.text(wanted.reservationBytes()),
                  Units.text(wanted.overheadBytes()),
                  unreserved < 0
                      ? Units.text(-unreserved) + " more than there is are promised"
                      : Units.text(unreserved) + " are unreserved",
                  Units.text(host.totalBytes()),
                  Units.text(host.reserveBytes()),
                  Units.text(promised.overheadBytes()),
                  Units.text(promised.reservationBytes())));
    }
    if (wanted.swapBytes() > swapRoomBytes) {
      return Optional.of(
          "it needs %s of swap space (%s - %s reserved), and the store has %s left"
              .formatted(
                  Units.text(wanted.swapBytes()),
                  Units.text(wanted.sizeBytes()),
                  Units.text(wanted.reservationBytes()),
                  Units.text(Math.max(0, swapRoomBytes))));
    }
    return Optional.empty();
  }

  /** What keeps one more VM of a kind from being admitted. */
  public enum Bound {
    MEMORY,
    SWAP_SPACE
  }

  /**
   * How many VMs can be admitted.
   *
   * @param count of one kind, one after the other
   * @param bound what stops the next
   * @param withoutOvercommit how many of them would have all of their memory, with those that are
   *     on already
   */
  public record Fit(long count, Bound bound, long withoutOvercommit) {}

  /** How many VMs of a kind fit. */
  public Fit fit(Promise each) {
    long needed = each.reservationBytes() + each.overheadBytes();
    long byMemory = quotient(host.unreservedBytes(promised), needed);
    long bySwap = quotient(swapRoomBytes, each.swapBytes());
    long whole = quotient(host.availableBytes(promised), each.sizeBytes() + each.overheadBytes());
    return new Fit(
        Math.min(byMemory, bySwap), byMemory <= bySwap ? Bound.MEMORY : Bound.SWAP_SPACE, whole);
  }

  private static long quotient(long room, long each) {
    if (each == 0) {
      return room < 0 ? 0 : Long.MAX_VALUE;
    }
    return Math.max(0, room) / each;
  }
}
