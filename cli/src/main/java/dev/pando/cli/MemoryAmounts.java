package dev.pando.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.ExitStatus;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** What may be said of a VM's memory, and how it is passed on. */
final class MemoryAmounts {
  private static final String NONE = "none";
  private static final String ALL = "all";

  @Option(names = "--size", paramLabel = "SIZE", description = "What the guest sees: 4G, 512M.")
  private String size;

  @Option(
      names = "--reservation",
      paramLabel = "SIZE",
      description = "What of it is the host's memory for sure: a size, none, or all.")
  private String reservation;

  /** Puts what was said into the parameters of a method. */
  void put(ObjectNode parameters) throws ControlException {
    if (size != null) {
      parameters.put("sizeBytes", bytes(size));
    }
    if (ALL.equals(reservation)) {
      parameters.put("reserveAll", true);
    } else if (reservation != null) {
      parameters.put("reservationBytes", reservation.equals(NONE) ? 0 : bytes(reservation));
    }
  }

  boolean isNothing() {
    return size == null && reservation == null;
  }

  /** A number of bytes as a person writes it. */
  static long bytes(String text) throws ControlException {
    try {
      return ByteCount.parse(text).bytes();
    } catch (TypeConversionException e) {
      throw new ControlException(ExitStatus.USAGE, e.getMessage());
    }
  }
}
