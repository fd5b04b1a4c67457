package dev.pando.daemon.vm.running;

import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.TreeView;
import java.util.LinkedHashMap;
import java.util.Map;

/** The records of the VMs of a store that are powered on. */
public final class PowerRecords {
  private PowerRecords() {}

  /** Those that hold, by the VM's directory. */
  public static Map<Long, PowerRecord> on(TreeView view) throws ErrnoException {
    Map<Long, PowerRecord> on = new LinkedHashMap<>();
    for (Map.Entry<Long, byte[]> entry : view.attachments(PowerRecord.PART).entrySet()) {
      PowerRecord record = PowerRecord.decode(entry.getValue());
      if (record.isOn()) {
        on.put(entry.getKey(), record);
      }
    }
    return on;
  }
}
