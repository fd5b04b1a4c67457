package dev.pando.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.ExitStatus;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "scrub",
    description =
        "Read everything, and compare what can not change, as the disks of templates, with its"
            + " checksum. Says which file of which VM is damaged, and ends with 1 if any is. VMs"
            + " may run meanwhile.",
    footer = "%nExample: pando scrub")
final class ScrubCommand implements Callable<Integer> {
  @Mixin private final Screen screen = new Screen();
  @Mixin private final MountChoice choice;

  ScrubCommand(MountChoice choice) {
    this.choice = choice;
  }

  @Override
  public Integer call() throws ControlException {
    Target target = choice.resolve(List.of());
    JsonNode report;
    try (WorkBar bar = WorkBar.of("reading")) {
      report = target.ask("scrub", Json.object(), bar);
    }
    screen.show(report, ScrubCommand::text);
    return (report.path("damages").isEmpty() ? ExitStatus.DONE : ExitStatus.FAILED).number();
  }

  private static String text(JsonNode report) {
    StringBuilder text = new StringBuilder();
    for (JsonNode damage : report.path("damages")) {
      text.append(sentence(damage)).append('\n');
    }
    if (report.path("moreDamages").asBoolean()) {
      text.append("and more\n");
    }
    return text.append(
            "%s read: %s have the checksum they should have, %s have none yet, %s can still"
                    .formatted(
                        size(report, "readBytes"),
                        size(report, "verifiedBytes"),
                        size(report, "pendingBytes"),
                        size(report, "changingBytes"))
                + " change and have none; %,d map pages%n"
                    .formatted(report.path("mapPages").asLong()))
        .toString();
  }

  private static String sentence(JsonNode damage) {
    String vm = damage.path("vm").isTextual() ? damage.path("vm").asText() + ": " : "";
    String file =
        damage.path("file").isTextual() ? damage.path("file").asText() : "(a file without a name)";
    String what =
        switch (damage.path("kind").asText()) {
          case "changed" -> "does not have its checksum";
          case "unreadable" -> "can not be read";
          default -> "is lost: a page of its map is damaged";
        };
    return "damaged: %s%s, %s at %d, %s"
        .formatted(
            vm, file, size(damage, "lengthBytes"), damage.path("offsetBytes").asLong(), what);
  }

  private static String size(JsonNode document, String field) {
    return Sizes.human(document.path(field).asLong());
  }
}
