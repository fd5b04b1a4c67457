package dev.pando.daemon.vmware;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A dictionary being edited, with a record of what has changed. */
final class RecordedEdit {
  private final VmxDictionary dictionary;
  private final List<KeyChange> changes = new ArrayList<>();

  RecordedEdit(VmxDictionary dictionary) {
    this.dictionary = dictionary;
  }

  /** Gives {@code name} this value, whether the entry exists or not. */
  void set(String name, String value) {
    Optional<String> before = dictionary.get(name);
    dictionary.set(name, value);
    if (!before.equals(Optional.of(value))) {
      changes.add(new KeyChange(name, before, Optional.of(value)));
    }
  }

  /** Gives {@code name} this value if there is such an entry. */
  void replace(String name, String value) {
    if (dictionary.get(name).isPresent()) {
      set(name, value);
    }
  }

  void remove(String name) {
    Optional<String> before = dictionary.get(name);
    if (dictionary.remove(name)) {
      changes.add(new KeyChange(name, before, Optional.empty()));
    }
  }

  List<KeyChange> changes() {
    return List.copyOf(changes);
  }
}
