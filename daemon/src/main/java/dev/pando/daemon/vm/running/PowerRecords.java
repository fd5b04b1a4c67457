package dev.pando.daemon.vm.running;

import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.PandoTree;
import dev.pando.daemon.tree.TreeView;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The records of the VMs of a store that are powered on. Where there are some is known, so that not
 * all VMs are looked at. Thread-safe; changes are made one at a time.
 */
final class PowerRecords {
  private final PandoTree tree;
  private final TreeView view;

  /** Directories that had a record; one may have gone with its directory. */
  private final Set<Long> directories = ConcurrentHashMap.newKeySet();

  PowerRecords(PandoTree tree) throws ErrnoException {
    this.tree = tree;
    this.view = tree.view();
    directories.addAll(view.attachments(PowerRecord.PART).keySet());
  }

  /** Those that hold, by the VM's directory. */
  Map<Long, PowerRecord> on() throws ErrnoException {
    Map<Long, PowerRecord> on = new LinkedHashMap<>();
    for (long directory : directories) {
      of(directory).ifPresent(record -> on.put(directory, record));
    }
    return on;
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
    directories.add(directory);
    tree.attach(directory, PowerRecord.PART, Optional.of(kept.encode()));
  }

  void remove(long directory) throws ErrnoException {
    tree.attach(directory, PowerRecord.PART, Optional.empty());
    directories.remove(directory);
  }

  /** Forgets those of VMs that are no more. */
  void forgetRemoved() throws ErrnoException {
    for (long directory : List.copyOf(directories)) {
      if (last(directory).isEmpty()) {
        directories.remove(directory);
      }
    }
  }
}
