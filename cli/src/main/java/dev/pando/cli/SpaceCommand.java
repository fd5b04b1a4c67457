package dev.pando.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.ExitStatus;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
    name = "space",
    description =
        "Show what the store holds and what sharing saves; with VMs named, what removing them all"
            + " would free.",
    footer = "%nExample: pando space s01 s02")
final class SpaceCommand implements Callable<Integer> {
  private static final int BAR_WIDTH = 30;

  @Mixin private final Screen screen = new Screen();
  @Mixin private final MountChoice choice;

  @Parameters(arity = "0..*", paramLabel = "VM", description = "Names, or paths inside a mount.")
  private List<String> vms = List.of();

  SpaceCommand(MountChoice choice) {
    this.choice = choice;
  }

  @Override
  public Integer call() throws ControlException {
    Target target = choice.resolve(vms);
    ObjectNode parameters = Json.object();
    parameters.set("vms", Json.array(target.names()));
    screen.show(target.ask("space", parameters), SpaceCommand::table);
    return ExitStatus.DONE.number();
  }

  /**
   * One row a figure, with a bar: all of the same scale but that of the capacity, which has none.
   */
  static String table(JsonNode space) {
    Table table = new Table("WHAT", ">SIZE", "");
    long most = 1;
    for (Map.Entry<String, JsonNode> figure : space.properties()) {
      boolean scales = !figure.getKey().equals("capacityBytes");
      most = Math.max(most, scales ? figure.getValue().asLong() : 0);
    }
    row(table, "logical: what the VMs' files add up to", space.path("logicalBytes"), most);
    row(table, "stored: data on the host's disk", space.path("storedBytes"), most);
    row(table, "metadata on the host's disk", space.path("metadataBytes"), most);
    row(table, "saved by cloning", space.path("savedByCloningBytes"), most);
    row(table, "saved by dedupe", space.path("savedByDedupeBytes"), most);
    row(table, "saved by zeros", space.path("savedByZerosBytes"), most);
    row(table, "reclaimable", space.path("reclaimableBytes"), most);
    row(table, "freed if these VMs are removed", space.path("freedIfRemovedBytes"), most);
    row(table, "capacity", space.path("capacityBytes"), Long.MAX_VALUE);
    return table.toString();
  }

  private static void row(Table table, String what, JsonNode bytes, long most) {
    if (bytes.isIntegralNumber()) {
      long length = Math.round((double) bytes.asLong() / most * BAR_WIDTH);
      table.row(what, Sizes.human(bytes.asLong()), "#".repeat((int) length));
    }
  }
}
