package dev.pando.daemon.vm.running;

import dev.pando.daemon.host.HostBoot;
import dev.pando.daemon.host.ProcessStart;
import dev.pando.daemon.tree.Opener;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.UUID;

/**
 * That a VM was powered on by command; attached to its directory's inode. It ends with {@code power
 * off}, when the host boots again, and with the process that it was powered on for, if that was
 * said. Whether a hypervisor has the disks open is another matter: {@link Activity} knows both.
 *
 * @param boot the host's boot in which it was powered on
 * @param sinceNanos when, nanoseconds since the epoch
 * @param processId the process that it is on for; 0 for none
 * @param processStart when that started, in ticks since the boot
 */
public record PowerRecord(UUID boot, long sinceNanos, int processId, long processStart) {
  /** Which attachment of the directory it is. */
  public static final byte PART = 2;

  private static final int BYTES = 4 * Long.BYTES + Integer.BYTES;

  /** On from now until it is switched off. */
  public static PowerRecord untilOff(long nowNanos) {
    return new PowerRecord(HostBoot.id(), nowNanos, 0, 0);
  }

  /** On from now for as long as a process lives; nothing if that is gone already. */
  public static Optional<PowerRecord> whileRunning(int processId, long nowNanos) {
    return ProcessStart.ticks(processId)
        .map(start -> new PowerRecord(HostBoot.id(), nowNanos, processId, start));
  }

  /** Whether it still holds. */
  public boolean isOn() {
    return boot.equals(HostBoot.id())
        && (processId == 0 || ProcessStart.ticks(processId).equals(Optional.of(processStart)));
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
        .array();
  }

  public static PowerRecord decode(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    return new PowerRecord(
        new UUID(in.getLong(), in.getLong()), in.getLong(), in.getInt(), in.getLong());
  }
}
