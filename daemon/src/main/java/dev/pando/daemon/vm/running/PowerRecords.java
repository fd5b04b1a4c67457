package dev.pando.daemon.vm.running;

import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.PandoTree;
import dev.pando.daemon.tree.TreeView;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The records of the VMs of a store that are powered on. Thread-safe; changes are made one at a
 * time.
 */
final class PowerRecords {
  private final PandoTree tree;
  private final TreeView view;

  /**
   * Those that held when they were last looked at, by the VM's directory: one that does not hold
   * never will again, and one may have gone with its directory.
   */
  private final Map<Long, PowerRecord> known = new ConcurrentHashMap<>();

  PowerRecords(PandoTree tree) throws ErrnoException {
    this.tree = tree;
    this.view = tree.view();
    view.attachments(PowerRecord.PART)
        .forEach((directory, record) -> known.put(directory, PowerRecord.decode(record)));
  }

  /**
   * Those that hold, by the VM's directory, and maybe some that held a moment ago: no process is
   * asked for. It changes as they do.
   */
  Map<Long, PowerRecord> believed() {
    return Collections.unmodifiableMap(known);
  }

  /** Those that hold, by the VM's directory: the process of each is asked for. */
  Map<Long, PowerRecord> on() {
    known.forEach(
        (directory, record) -> {
          if (!record.isOn()) {
            known.remove(directory, record);
          }
        });
    return Map.copyOf(known);
  }

  /** That of a VM which is on. */
  Optional<PowerRecord> of(long directory) throws ErrnoException {
    return last(directory).filter(PowerRecord::isOn);
  }

  /** The last of a VM, whether it holds or not. */
  Optional<PowerRecord> last(long directory) throws ErrnoException {
    return view.attachment(directory, PowerRecord.PART).map(PowerRecord::decode);
  }

  /** A swap file that was made stays on record. */
  void put(long directory, PowerRecord record) throws ErrnoException {
    boolean hadSwapFile = last(directory).filter(PowerRecord::hasSwapFile).isPresent();
    PowerRecord kept = hadSwapFile ? record.withSwapFile() : record;
    tree.attach(directory, PowerRecord.PART, Optional.of(kept.encode()));
    known.put(directory, kept);
  }

  void remove(long directory) throws ErrnoException {
    tree.attach(directory, PowerRecord.PART, Optional.empty());
    known.remove(directory);
  }

  /** Forgets those of VMs that are no more. */
  void forgetRemoved() throws ErrnoException {
    for (long directory : List.copyOf(known.keySet())) {
      if (last(directory).isEmpty()) {
        known.remove(directory);
      }
    }
  }
}
