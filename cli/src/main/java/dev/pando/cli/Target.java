package dev.pando.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.MountEntry;
import dev.pando.daemon.control.Progress;
import java.util.List;

/** What a command is about: VMs of one mount, and the daemon to ask. */
final class Target {
  private final Daemons daemons;
  private final MountEntry mount;
  private final List<String> names;

  Target(Daemons daemons, MountEntry mount, List<String> names) {
    this.daemons = daemons;
    this.mount = mount;
    this.names = List.copyOf(names);
  }

  /** The VMs' names as the daemon knows them, in the order of the arguments. */
  List<String> names() {
    return names;
  }

  /** The name of the only VM, or the first. */
  String name() {
    return names.get(0);
  }

  /** See {@link Daemons#call}. */
  JsonNode ask(String method, ObjectNode parameters) throws ControlException {
    return ask(method, parameters, Progress.IGNORED);
  }

  /** See {@link Daemons#call}. */
  JsonNode ask(String method, ObjectNode parameters, Progress progress) throws ControlException {
    return daemons.call(mount, method, parameters, progress);
  }
}
