package dev.pando.daemon.memory;

/**
 * A host's memory, and what of it VMs can not have.
 *
 * @param totalBytes all there is
 * @param reserveBytes for the hypervisor and the host's own programs
 * @param overhead what is counted for each VM beside its own memory
 */
public record HostMemory(long totalBytes, long reserveBytes, OverheadRule overhead) {
  /** What the host keeps where nothing was said: 1 GiB, of small hosts an eighth. */
  public static long usualReserveBytes(long totalBytes) {
    return Math.min(Units.GIB, totalBytes / 8);
  }

  /** What is promised to a VM when it is powered on. */
  public Promise promise(VmMemory vm) {
    return new Promise(vm.sizeBytes(), vm.reservationBytes(), overhead.bytes(vm));
  }

  /** What may still be reserved; negative if more was. */
  public long unreservedBytes(Promise promised) {
    return totalBytes - reserveBytes - promised.overheadBytes() - promised.reservationBytes();
  }

  /** What is left if every VM has all of its memory; negative if they have more than there is. */
  public long availableBytes(Promise promised) {
    return totalBytes - reserveBytes - promised.overheadBytes() - promised.sizeBytes();
  }
}
