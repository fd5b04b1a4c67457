package dev.pando.daemon.vmware;

import dev.pando.daemon.memory.MemoryRuleException;
import dev.pando.daemon.memory.Shares;
import dev.pando.daemon.memory.Units;
import dev.pando.daemon.memory.VmMemory;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The memory that a {@code .vmx} gives its machine, read and written. Sizes are in megabytes of
 * 1,048,576 bytes. Keys: libvirt, src/vmx/vmx.c; VMware's resource management guides ({@code
 * sched.mem.*}). ESXi writes the reservation as {@code sched.mem.min} and {@code
 * sched.mem.minSize}: either is read, the first counts, and both are written.
 */
public final class VmxMemory {
  private static final String SIZE = "memsize";
  private static final String PROCESSORS = "numvcpus";
  private static final String RESERVATION = "sched.mem.min";
  private static final String RESERVATION_TOO = "sched.mem.minSize";
  private static final String LIMIT = "sched.mem.max";
  private static final String SHARES = "sched.mem.shares";
  private static final String PINNED = "sched.mem.pin";
  private static final String UNLIMITED = "unlimited";

  /** What VMware gives a machine of which nothing is said (libvirt, src/vmx/vmx.c). */
  private static final long USUAL_MEBIBYTES = 32;

  private VmxMemory() {}

  /**
   * The memory of a machine, {@linkplain VmMemory#checked checked}.
   *
   * @throws FormatException if a value is no number, or the values can not be together
   */
  public static VmMemory read(VmxDictionary keys) throws FormatException {
    long size = bytes(keys, SIZE).orElse(USUAL_MEBIBYTES * Units.MIB);
    OptionalLong reservation = bytes(keys, RESERVATION);
    if (reservation.isEmpty()) {
      reservation = bytes(keys, RESERVATION_TOO);
    }
    VmMemory memory =
        new VmMemory(
            size,
            reservation.orElse(0),
            limit(keys),
            shares(keys),
            processors(keys),
            keys.isTrue(PINNED));
    try {
      return memory.checked();
    } catch (MemoryRuleException e) {
      throw new FormatException("gives it memory that can not be: " + e.getMessage());
    }
  }

  private static OptionalLong bytes(VmxDictionary keys, String key) throws FormatException {
    Optional<String> text = value(keys, key);
    if (text.isEmpty()) {
      return OptionalLong.empty();
    }
    if (!text.get().matches("\\d{1,10}")) {
      throw new FormatException("has no number of megabytes as " + key + ": \"" + text.get() + '"');
    }
    return OptionalLong.of(Long.parseLong(text.get()) * Units.MIB);
  }

  private static Optional<String> value(VmxDictionary keys, String key) {
    return keys.get(key).map(String::strip).filter(text -> !text.isEmpty());
  }

  /** A limit of -1 is what ESXi's own interface calls unlimited. */
  private static long limit(VmxDictionary keys) throws FormatException {
    Optional<String> text = value(keys, LIMIT);
    if (text.isEmpty() || text.get().equalsIgnoreCase(UNLIMITED) || text.get().equals("-1")) {
      return VmMemory.UNLIMITED;
    }
    long bytes = bytes(keys, LIMIT).orElseThrow();
    return bytes > VmMemory.MAX_BYTES ? VmMemory.UNLIMITED : bytes;
  }

  private static Shares shares(VmxDictionary keys) throws FormatException {
    Optional<String> text = value(keys, SHARES);
    if (text.isEmpty()) {
      return Shares.NORMAL;
    }
    return Shares.parse(text.get())
        .orElseThrow(
            () ->
                new FormatException(
                    "has no shares as "
                        + SHARES
                        + ": \""
                        + text.get()
                        + "\"; low, normal, high or a number would be"));
  }

  private static int processors(VmxDictionary keys) throws FormatException {
    String text = value(keys, PROCESSORS).orElse("1");
    if (!text.matches("\\d{1,9}")) {
      throw new FormatException("has no number of processors as " + PROCESSORS + ": " + text);
    }
    return Integer.parseInt(text);
  }

  /**
   * Gives a machine this memory; whatever is so already keeps its bytes.
   *
   * @param memory whole megabytes
   */
  public static Rewritten write(byte[] text, VmMemory memory) throws FormatException {
    VmxDictionary keys = VmxDictionary.parse(text);
    VmMemory before = read(keys);
    RecordedEdit edit = new RecordedEdit(keys);
    if (memory.sizeBytes() != before.sizeBytes()) {
      edit.set(SIZE, mebibytes(memory.sizeBytes()));
    }
    if (memory.reservationBytes() != before.reservationBytes()) {
      edit.set(RESERVATION, mebibytes(memory.reservationBytes()));
      edit.set(RESERVATION_TOO, mebibytes(memory.reservationBytes()));
    }
    if (memory.limitBytes() != before.limitBytes()) {
      edit.set(
          LIMIT,
          memory.limitBytes() == VmMemory.UNLIMITED ? UNLIMITED : mebibytes(memory.limitBytes()));
    }
    if (!memory.shares().equals(before.shares())) {
      edit.set(SHARES, memory.shares().text());
    }
    if (memory.isPinned() != before.isPinned()) {
      edit.set(PINNED, memory.isPinned() ? "TRUE" : "FALSE");
    }
    return new Rewritten(keys.bytes(), edit.changes(), List.of());
  }

  private static String mebibytes(long bytes) {
    return Long.toString(bytes / Units.MIB);
  }
}
