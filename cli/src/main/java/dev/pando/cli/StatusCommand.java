package dev.pando.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.daemon.control.ExitStatus;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "status",
    description = "Show which stores are mounted where, and how they are.",
    footer = "%nExample: pando status")
final class StatusCommand implements Callable<Integer> {
  @Mixin private final Screen screen = new Screen();
  private final Daemons daemons;

  StatusCommand(Daemons daemons) {
    this.daemons = daemons;
  }

  @Override
  public Integer call() {
    ObjectNode document = Json.object();
    ArrayNode mounts = document.putArray("mounts");
    daemons.mounts().forEach(mount -> mounts.add(daemons.status(mount)));
    daemons.orphans().forEach(mount -> mounts.add(daemons.status(mount)));
    screen.show(document, StatusCommand::table);
    return ExitStatus.DONE.number();
  }

  private static String table(JsonNode document) {
    if (document.path("mounts").isEmpty()) {
      return "nothing is mounted\n";
    }
    Table table = new Table("MOUNTPOINT", "STORE", "STATE", "TRANSPORT", ">PID");
    for (JsonNode mount : document.path("mounts")) {
      table.row(
          mount.path("mountpoint").asText(),
          mount.path("store").asText(),
          mount.path("state").asText(),
          mount.path("transport").asText(),
          mount.path("pid").asText());
    }
    StringBuilder text = new StringBuilder(table.toString());
    for (JsonNode mount : document.path("mounts")) {
      if (mount.path("lowSpace").asBoolean()) {
        text.append(lowSpace(mount));
      }
      if (mount.path("damagedTrees").asInt() > 0) {
        text.append(damagedTrees(mount));
      }
      mount.path("losses").forEach(loss -> text.append(lost(mount, loss)));
      mount.path("findings").forEach(finding -> text.append(found(mount, finding)));
      mount.path("serializedBy").forEach(mapping -> text.append(line(mapping)));
    }
    return text.toString();
  }

  private static String lowSpace(JsonNode mount) {
    return "%s has %s of space left: remove VMs, run \"pando reclaim\", or give it more room%n"
        .formatted(
            mount.path("mountpoint").asText(), Sizes.human(mount.path("availableBytes").asLong()));
  }

  private static String damagedTrees(JsonNode mount) {
    return "%s does not get back all the space of %d removed files or forks: their maps are damaged%n"
        .formatted(mount.path("mountpoint").asText(), mount.path("damagedTrees").asInt());
  }

  private static String lost(JsonNode mount, JsonNode loss) {
    return "%s has lost data: %s; \"pando scrub\" says whose it is%n"
        .formatted(mount.path("mountpoint").asText(), loss.asText());
  }

  private static String found(JsonNode mount, JsonNode finding) {
    return "%s, when it was mounted: %s%n"
        .formatted(mount.path("mountpoint").asText(), finding.asText());
  }

  private static String line(JsonNode mapping) {
    String vm = mapping.path("vm").isTextual() ? " of " + mapping.path("vm").asText() : "";
    return "%s%s is mapped by %s (pid %d): until it ends that, its writers take turns%n"
        .formatted(
            mapping.path("file").asText(),
            vm,
            mapping.path("command").asText(),
            mapping.path("pid").asLong());
  }
}
