package dev.pando.daemon.vm.listing;

import dev.pando.daemon.vm.files.MachineIdentity;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Finds VMs of the same identity. Used by one thread. */
public final class Twinning {
  private final Map<String, MachineIdentity> identities = new HashMap<>();

  /** The names of those that have a UUID, or a MAC address. */
  private final Map<Object, List<String>> bearers = new HashMap<>();

  public void add(String name, MachineIdentity identity) {
    identities.put(name, identity);
    identity.uuid().ifPresent(uuid -> bear(uuid, name));
    identity.macs().stream().distinct().forEach(mac -> bear(mac, name));
  }

  private void bear(Object sign, String name) {
    bearers.computeIfAbsent(sign, s -> new ArrayList<>(1)).add(name);
  }

  /** The twins of one that was added. */
  public Machine.Twins of(String name) {
    MachineIdentity identity = identities.get(name);
    Set<String> byUuid = new LinkedHashSet<>();
    identity.uuid().ifPresent(uuid -> byUuid.addAll(bearers.get(uuid)));
    Set<String> byMac = new LinkedHashSet<>();
    identity.macs().forEach(mac -> byMac.addAll(bearers.get(mac)));
    byUuid.remove(name);
    byMac.remove(name);
    return new Machine.Twins(List.copyOf(byUuid), List.copyOf(byMac));
  }
}
