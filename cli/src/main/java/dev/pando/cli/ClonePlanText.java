package dev.pando.cli;

import com.fasterxml.jackson.databind.JsonNode;

/** What {@code clone --dry-run} says to a person. */
final class ClonePlanText {
  private ClonePlanText() {}

  /** Every file of the source, and under it the keys that would be changed. */
  static String of(JsonNode plan) {
    StringBuilder text = new StringBuilder();
    int clones = plan.path("vms").size();
    String first = plan.path("vms").path(0).path("name").asText();
    text.append("Nothing is made. This is what ").append(first).append(" would be");
    text.append(clones > 1 ? ", and " + (clones - 1) + " more like it" : "");
    text.append("; uuid and addresses are drawn again for each.\n\n");
    Table table = new Table("FILE", "IN THE CLONE", "");
    for (JsonNode file : plan.path("files")) {
      String path = file.path("file").asText();
      String clonePath = file.path("cloneFile").asText("-");
      table.row(
          Sentences.printable(path), Sentences.printable(clonePath), file.path("fate").asText());
      for (JsonNode change : file.path("changes")) {
        table.row("", "  " + change.path("key").asText(), changed(change));
      }
    }
    return text.append(table).toString();
  }

  /** {@code before -> after} of one change. */
  static String changed(JsonNode change) {
    return side(change.path("before")) + " -> " + side(change.path("after"));
  }

  private static String side(JsonNode value) {
    return value.isNull() ? "(none)" : "\"" + Sentences.printable(value.asText()) + "\"";
  }
}
