package dev.pando.daemon.vm.memory;

import dev.pando.daemon.memory.HostMemory;
import dev.pando.daemon.memory.MemoryState;
import dev.pando.daemon.memory.Promise;
import dev.pando.daemon.memory.VmMemory;
import dev.pando.daemon.tree.Opener;
import dev.pando.daemon.vm.running.HostAccount;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The memory of a host and its VMs, one after the other.
 *
 * @param promised what VMs that are on were promised, all together
 * @param freeBytes what of the host's memory programs could still get
 * @param swapAsideBytes what the store keeps for their swap
 * @param vms by name
 */
public record MemoryReport(
    HostAccount account,
    Promise promised,
    long freeBytes,
    MemoryState state,
    long swapAsideBytes,
    List<Row> vms) {

  public HostMemory host() {
    return account.memory();
  }

  /** How much would have to be reclaimed or swapped if every VM that is on used all it has. */
  public long overcommittedBytes() {
    return Math.max(0, -host().availableBytes(promised));
  }

  /**
   * A VM.
   *
   * @param memory what it is configured to have; nothing if that can not be read
   * @param problem why it can not
   * @param promise what it was promised if it is on; else what it would be
   * @param isAdmitted whether there is memory for it, if it is on
   * @param process what runs it, as far as known
   * @param residentBytes the host's memory that this has
   * @param givenBytes the memory that this was told to give its guest
   */
  public record Row(
      String name,
      boolean isTemplate,
      Optional<VmMemory> memory,
      Optional<String> problem,
      Promise promise,
      boolean isOn,
      boolean isAdmitted,
      Optional<Opener> process,
      OptionalLong residentBytes,
      OptionalLong givenBytes) {

    /** Whether its configuration says otherwise than when it was powered on. */
    public boolean isChanged() {
      return isOn
          && memory.isPresent()
          && (memory.get().sizeBytes() != promise.sizeBytes()
              || memory.get().reservationBytes() != promise.reservationBytes());
    }

    /** Whether what runs it gives its guest another amount of memory than its configuration. */
    public boolean isGivenOtherwise() {
      return memory.isPresent()
          && givenBytes.isPresent()
          && givenBytes.getAsLong() != memory.get().sizeBytes();
    }
  }
}
