package dev.pando.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

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
    return table + twins(list);
  }

  /** What should not be alike and is, a sentence each; empty for nothing. */
  private static String twins(JsonNode list) {
    Set<String> told = new HashSet<>();
    StringBuilder text = new StringBuilder();
    for (JsonNode vm : list.path("vms")) {
      String name = vm.path("name").asText();
      Map<String, String> common = new LinkedHashMap<>();
      vm.path("sameUuidAs").forEach(twin -> common.put(twin.asText(), "UUID"));
      vm.path("sameMacAs")
          .forEach(twin -> common.merge(twin.asText(), "MAC address", (a, b) -> a + " and " + b));
      told.add(name);
      common.keySet().removeAll(told);
      common.forEach(
          (twin, what) ->
              text.append(
                  "%s and %s have the same %s: 'pando identity' gives one of them its own.%n"
                      .formatted(name, twin, what)));
    }
    return text.isEmpty() ? "" : "\n" + text;
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
    if (vm.hasNonNull("createdAt")) {
      table.row("made", vm.path("createdAt").asText());
    }
    if (vm.hasNonNull("frozenAt")) {
      table.row("frozen", vm.path("frozenAt").asText());
    }
    for (JsonNode earlier : vm.path("earlierGenerations")) {
      table.row(
          "generation",
          "@"
              + earlier.path("generation").asLong()
              + ", frozen "
              + earlier.path("frozenAt").asText());
    }
    for (JsonNode change : vm.path("changes")) {
      table.row("changed", change(change));
    }
    if (vm.path("moreChanges").asLong() > 0) {
      table.row("changed", "and " + vm.path("moreChanges").asLong() + " more");
    }
    return table.toString();
  }

  /** One line for each change of a file. */
  static String changes(JsonNode document) {
    StringBuilder text = new StringBuilder();
    for (JsonNode change : document.path("changes")) {
      text.append(change(change)).append('\n');
    }
    return text.toString();
  }

  private static String change(JsonNode change) {
    return change.path("file").asText()
        + " "
        + change.path("key").asText()
        + ": "
        + ClonePlanText.changed(change);
  }

  /** What it is, of a template with its generation. */
  static String kind(JsonNode vm) {
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
