package dev.pando.daemon.vm.files;

import dev.pando.daemon.vmware.MachineUuid;
import java.util.List;
import java.util.Optional;

/**
 * By what a machine is known to hypervisors and networks.
 *
 * @param uuid nothing if its configuration has none
 * @param macs in lower case
 */
public record MachineIdentity(Optional<MachineUuid> uuid, List<String> macs) {
  public static final MachineIdentity NONE = new MachineIdentity(Optional.empty(), List.of());
}
