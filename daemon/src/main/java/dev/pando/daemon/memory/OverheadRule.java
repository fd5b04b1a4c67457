package dev.pando.daemon.memory;

import java.util.Locale;
import java.util.Optional;

/** What is counted for a VM beside its own memory. */
public enum OverheadRule {
  /** {@link OverheadTable}. */
  TABLE,
  /** Nothing: the reserve of the host is a round number for the hypervisor and all overheads. */
  INCLUDED;

  public long bytes(VmMemory vm) {
    return this == TABLE ? OverheadTable.bytes(vm.sizeBytes(), vm.processors()) : 0;
  }

  /** Reads {@code table} or {@code included}. */
  public static Optional<OverheadRule> parse(String text) {
    for (OverheadRule rule : values()) {
      if (rule.text().equals(text)) {
        return Optional.of(rule);
      }
    }
    return Optional.empty();
  }

  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
