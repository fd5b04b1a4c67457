package dev.pando.daemon.vm;

import dev.pando.daemon.vmware.MachineUuid;
import java.util.List;
import java.util.Optional;

/**
 * By what a machine is known to hypervisors and networks.
 *
 * @param uuid nothing if its configuration has none
 * @param macs in lower case
 */
record MachineIdentity(Optional<MachineUuid> uuid, List<String> macs) {
  static final MachineIdentity NONE = new MachineIdentity(Optional.empty(), List.of());
}
