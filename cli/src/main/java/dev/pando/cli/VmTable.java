package dev.pando.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/** VMs as a person reads them, from the documents of {@code list} and {@code show}. */
final class VmTable {
  private static final String NOTHING = "-";

  private VmTable() {}

  /** One row a VM. */
  static String of(JsonNode list) {
    Table table = new Table("NAME", "KIND", "PARENT", ">SIZE", ">OWN", ">SHARED", "RUNNING");
    for (JsonNode vm : list.path("vms")) {
      table.row(
          vm.path("name").asText(),
          kind(vm),
          parent(vm),
          size(vm, "logicalBytes"),
          size(vm, "privateBytes"),
          size(vm, "sharedBytes"),
          running(vm));
    }
    return table.toString();
  }

  /** One row a fact. */
  static String details(JsonNode vm) {
    Table table = new Table("NAME", vm.path("name").asText());
    table.row("kind", kind(vm));
    table.row("parent", parent(vm));
    table.row("running", running(vm));
    table.row("directory", vm.path("directory").asText(NOTHING));
    table.row("size", size(vm, "logicalBytes"));
    table.row("own", size(vm, "privateBytes"));
    table.row("shared", size(vm, "sharedBytes"));
    table.row("uuid", vm.path("uuid").asText(NOTHING));
    for (JsonNode mac : vm.path("macs")) {
      table.row("mac", mac.asText());
    }
    for (JsonNode disk : vm.path("disks")) {
      table.row("disk", disk.path("file").asText() + " (" + size(disk, "sizeBytes") + ")");
    }
    return table.toString();
  }

  private static String kind(JsonNode vm) {
    String kind = vm.path("kind").asText(NOTHING).replace('-', ' ');
    return vm.path("generation").isIntegralNumber()
        ? kind + " @" + vm.path("generation").asLong()
        : kind;
  }

  private static String parent(JsonNode vm) {
    JsonNode parent = vm.path("parent");
    if (!parent.hasNonNull("name")) {
      return NOTHING;
    }
    String at =
        parent.hasNonNull("snapshot")
            ? "@" + parent.path("snapshot").asText()
            : parent.hasNonNull("generation") ? "@" + parent.path("generation").asLong() : "";
    String gone = parent.path("deleted").asBoolean() ? " (removed)" : "";
    return parent.path("name").asText() + at + gone;
  }

  private static String running(JsonNode vm) {
    if (!vm.path("running").asBoolean()) {
      return NOTHING;
    }
    List<String> programs = new ArrayList<>();
    for (JsonNode by : vm.path("runningBy")) {
      programs.add(by.path("command").asText() + " (" + by.path("pid").asLong() + ")");
    }
    return programs.isEmpty() ? "yes" : String.join(", ", programs);
  }

  private static String size(JsonNode object, String field) {
    JsonNode bytes = object.path(field);
    return bytes.isIntegralNumber() ? Sizes.human(bytes.asLong()) : NOTHING;
  }
}
