package dev.pando.daemon.vm.memory;

import dev.pando.daemon.memory.MemoryRuleException;
import dev.pando.daemon.memory.Shares;
import dev.pando.daemon.memory.Units;
import dev.pando.daemon.memory.VmMemory;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What is to be different of a VM's memory; what is not named stays.
 *
 * @param sizeBytes what the guest is to see
 * @param reservationBytes {@link #ALL} for all of the size, whatever that is
 * @param limitBytes {@link VmMemory#UNLIMITED} for none
 */
public record MemoryRequest(
    OptionalLong sizeBytes,
    OptionalLong reservationBytes,
    OptionalLong limitBytes,
    Optional<Shares> shares) {
  public static final long ALL = Long.MAX_VALUE;

  /** Nothing. */
  public static final MemoryRequest NONE =
      new MemoryRequest(
          OptionalLong.empty(), OptionalLong.empty(), OptionalLong.empty(), Optional.empty());

  public boolean isNothing() {
    return equals(NONE);
  }

  /**
   * The memory that follows. A size below the reservation lowers that, as VMware has it (vSphere
   * Resource Management, "Memory Reservation").
   *
   * @throws MemoryRuleException with the rule that what is asked for breaks
   */
  public VmMemory applied(VmMemory memory) throws MemoryRuleException {
    long size = sizeBytes.orElse(memory.sizeBytes());
    if (sizeBytes.isPresent() && size % VmMemory.STEP_BYTES != 0) {
      throw new MemoryRuleException("its size must be a multiple of 4 MiB");
    }
    requireMebibytes("reservation", reservationBytes);
    requireMebibytes("limit", limitBytes);
    boolean isAll = reservationBytes.isPresent() && reservationBytes.getAsLong() == ALL;
    boolean isPinned = memory.isPinned() && (isAll || reservationBytes.isEmpty());
    long kept = Math.min(memory.reservationBytes(), size);
    return new VmMemory(
            size,
            isAll ? size : reservationBytes.orElse(kept),
            limitBytes.orElse(memory.limitBytes()),
            shares.orElse(memory.shares()),
            memory.processors(),
            isPinned)
        .checked();
  }

  private static void requireMebibytes(String what, OptionalLong bytes) throws MemoryRuleException {
    boolean isWhole =
        bytes.isEmpty()
            || bytes.getAsLong() == Long.MAX_VALUE
            || bytes.getAsLong() % Units.MIB == 0;
    if (!isWhole) {
      throw new MemoryRuleException("its " + what + " must be a whole number of MiB");
    }
  }
}
