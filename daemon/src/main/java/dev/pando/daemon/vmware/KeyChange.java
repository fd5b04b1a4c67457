package dev.pando.daemon.vmware;

import java.util.List;
import java.util.Optional;

/**
 * One change that was made to a file.
 *
 * @param key the entry's name
 * @param before its value before, or nothing if it is new
 * @param after its value now, or nothing if it is gone
 */
public record KeyChange(String key, Optional<String> before, Optional<String> after) {
  /** Adds the change of {@code key} to {@code changes}, if it is one. */
  static void note(
      List<KeyChange> changes, String key, Optional<String> before, Optional<String> after) {
    if (!before.equals(after)) {
      changes.add(new KeyChange(key, before, after));
    }
  }
}
