package dev.pando.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.ExitStatus;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
    name = "space",
    description =
        "Show what the store holds and what sharing saves, and what each VM takes; with VMs named,"
            + " what removing them all would free.",
    footer = "%nExample: pando space s01 s02")
final class SpaceCommand implements Callable<Integer> {
  private static final int BAR_WIDTH = 30;
  private static final int VM_BAR_WIDTH = 16;
  private static final int MOST_ROWS = 20;

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
      most = Math.max(most, scales ? figure.getValue().asLong(0) : 0);
    }
    row(table, "logical: what the VMs' files add up to", space.path("logicalBytes"), most);
    row(table, "stored: data on the host's disk", space.path("storedBytes"), most);
    row(table, "metadata on the host's disk", space.path("metadataBytes"), most);
    row(table, "saved by cloning", space.path("savedByCloningBytes"), most);
    row(table, "saved by dedupe", space.path("savedByDedupeBytes"), most);
    row(table, "saved by zeros", space.path("savedByZerosBytes"), most);
    row(table, "reclaimable", space.path("reclaimableBytes"), most);
    row(table, "kept for the swap of VMs that are on", space.path("swapAsideBytes"), most);
    row(table, "freed if these VMs are removed", space.path("freedIfRemovedBytes"), most);
    row(table, "capacity", space.path("capacityBytes"), Long.MAX_VALUE);
    return table + perVm(space.path("vms"));
  }

  /** One row a VM, those that would free the most first. */
  private static String perVm(JsonNode vms) {
    if (vms.isEmpty()) {
      return "";
    }
    List<JsonNode> sorted = new ArrayList<>();
    vms.forEach(sorted::add);
    sorted.sort(Comparator.comparingLong(vm -> -vm.path("privateBytes").asLong()));
    long most = Math.max(1, sorted.get(0).path("privateBytes").asLong());
    Table table = new Table("VM", "KIND", ">CLONES", ">LOGICAL", ">SHARED", ">PRIVATE", "");
    for (JsonNode vm : sorted.subList(0, Math.min(MOST_ROWS, sorted.size()))) {
      long own = vm.path("privateBytes").asLong();
      table.row(
          vm.path("name").asText(),
          vm.path("kind").asText(),
          vm.path("clones").asText(),
          Sizes.human(vm.path("logicalBytes").asLong()),
          Sizes.human(vm.path("sharedBytes").asLong()),
          Sizes.human(own),
          "#".repeat((int) Math.round((double) own / most * VM_BAR_WIDTH)));
    }
    int more = sorted.size() - MOST_ROWS;
    return "\n" + table + (more > 0 ? "and %,d more; --json has all%n".formatted(more) : "");
  }

  private static void row(Table table, String what, JsonNode bytes, long most) {
    if (bytes.isIntegralNumber()) {
      long length = Math.round((double) bytes.asLong() / most * BAR_WIDTH);
      table.row(what, Sizes.human(bytes.asLong()), "#".repeat((int) length));
    }
  }
}
