package dev.pando.daemon.vm.running;

import dev.pando.daemon.host.HostBoot;
import dev.pando.daemon.host.ProcessStart;
import dev.pando.daemon.memory.Promise;
import dev.pando.daemon.tree.Opener;
import dev.pando.daemon.vm.files.Failures;
import dev.pando.daemon.vm.files.MachineException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.UUID;

/**
 * That a VM is powered on, and what memory it was promised; attached to its directory's inode. It
 * ends with {@code power off} or, if a hypervisor's opening of its disks made it, with the last
 * close; when the host boots again; and with the process that it is on for, if there is one.
 *
 * @param boot the host's boot in which it was powered on
 * @param sinceNanos when, nanoseconds since the epoch
 * @param processId the process that it is on for; 0 for none
 * @param processStart when that started, in ticks since the boot
 * @param isByOpening whether that process has it powered on by opening its disks
 * @param hasSwapFile whether a {@code .vswp} was made for it
 * @param isAdmitted whether there was memory for it; a hypervisor may run a VM all the same
 * @param promise what it was admitted with, or would have been
 */
public record PowerRecord(
    UUID boot,
    long sinceNanos,
    int processId,
    long processStart,
    boolean isByOpening,
    boolean hasSwapFile,
    boolean isAdmitted,
    Promise promise) {
  /** Which attachment of the directory it is. */
  public static final byte PART = 2;

  private static final int BY_OPENING = 1;
  private static final int SWAP_FILE = 2;
  private static final int UNADMITTED = 4;
  private static final int BYTES = 7 * Long.BYTES + Integer.BYTES + 1;

  /** On from now until it is switched off. */
  public static PowerRecord untilOff(long nowNanos) {
    return new PowerRecord(HostBoot.id(), nowNanos, 0, 0, false, false, true, Promise.NOTHING);
  }

  /** On from now for as long as a process lives; nothing if that is gone already. */
  static Optional<PowerRecord> whileRunning(int processId, long nowNanos) throws MachineException {
    return start(processId)
        .map(
            start ->
                new PowerRecord(
                    HostBoot.id(),
                    nowNanos,
                    processId,
                    start,
                    false,
                    false,
                    true,
                    Promise.NOTHING));
  }

  /** On from now for as long as a process has the disks open; nothing if it is gone already. */
  static Optional<PowerRecord> byOpening(int processId, long nowNanos) throws MachineException {
    return start(processId)
        .map(
            start ->
                new PowerRecord(
                    HostBoot.id(), nowNanos, processId, start, true, false, true, Promise.NOTHING));
  }

  private static Optional<Long> start(int processId) throws MachineException {
    try {
      return ProcessStart.ticks(processId);
    } catch (UncheckedIOException unknown) {
      throw Failures.translate(unknown.getCause());
    }
  }

  /** The same with another promise. */
  public PowerRecord with(Promise newPromise) {
    return new PowerRecord(
        boot,
        sinceNanos,
        processId,
        processStart,
        isByOpening,
        hasSwapFile,
        isAdmitted,
        newPromise);
  }

  /** The same, of a VM that there was no memory for. */
  PowerRecord unadmitted() {
    return new PowerRecord(
        boot, sinceNanos, processId, processStart, isByOpening, hasSwapFile, false, promise);
  }

  PowerRecord withSwapFile() {
    return new PowerRecord(
        boot, sinceNanos, processId, processStart, isByOpening, true, isAdmitted, promise);
  }

  /** Whether it still holds. */
  public boolean isOn() {
    return boot.equals(HostBoot.id())
        && (processId == 0 || ProcessStart.isThere(processId, processStart));
  }

  /** The process that it is on for, by the name it has now: a launcher becomes a hypervisor. */
  public Optional<Opener> holder() {
    return processId == 0 ? Optional.empty() : Optional.of(Opener.of(processId));
  }

  /** The record's bytes: {@code daemon/TREE-FORMAT.md}, chapter 4. */
  public byte[] encode() {
    return ByteBuffer.allocate(BYTES)
        .putLong(boot.getMostSignificantBits())
        .putLong(boot.getLeastSignificantBits())
        .putLong(sinceNanos)
        .putInt(processId)
        .putLong(processStart)
        .put(flags())
        .putLong(promise.sizeBytes())
        .putLong(promise.reservationBytes())
        .putLong(promise.overheadBytes())
        .array();
  }

  private byte flags() {
    return (byte)
        ((isByOpening ? BY_OPENING : 0)
            | (hasSwapFile ? SWAP_FILE : 0)
            | (isAdmitted ? 0 : UNADMITTED));
  }

  /** What of the store is kept for its swap: nothing for one that was not admitted. */
  long swapBytes() {
    return isAdmitted ? promise.swapBytes() : 0;
  }

  /** Reads a record; one that was made before there were promises has none. */
  public static PowerRecord decode(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    UUID boot = new UUID(in.getLong(), in.getLong());
    long since = in.getLong();
    int process = in.getInt();
    long start = in.getLong();
    int flags = in.hasRemaining() ? in.get() : 0;
    Promise promise =
        in.hasRemaining() ? new Promise(in.getLong(), in.getLong(), in.getLong()) : Promise.NOTHING;
    return new PowerRecord(
        boot,
        since,
        process,
        start,
        (flags & BY_OPENING) != 0,
        (flags & SWAP_FILE) != 0,
        (flags & UNADMITTED) == 0,
        promise);
  }
}
