package dev.pando.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.cowstore.CheckReport;
import dev.pando.daemon.OfflineCheck;
import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.ExitStatus;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "check",
    description =
        "Verify a store that is not mounted: every map, every entry, free space and counters. Exits"
            + " with 1 if anything is wrong.",
    footer = "%nExample: pando check /var/lib/pando")
final class CheckCommand implements Callable<Integer> {
  @Mixin private final Screen screen = new Screen();

  @Parameters(paramLabel = "STORE", description = "The store's directory.")
  private Path store;

  @Option(
      names = "--repair",
      description =
          "Put right what follows from the maps: free space and counters. Where the maps themselves"
              + " are damaged, nothing is changed.")
  private boolean repair;

  @Override
  public Integer call() throws ControlException {
    CheckReport report = OfflineCheck.of(CanonicalPath.of(store), repair);
    screen.show(document(report), CheckCommand::text);
    boolean good = report.isSound() || report.repaired();
    return (good ? ExitStatus.DONE : ExitStatus.FAILED).number();
  }

  private static ObjectNode document(CheckReport report) {
    ObjectNode document =
        Json.object()
            .put("sound", report.isSound())
            .put("repaired", report.repaired())
            .put("found", report.found())
            .put("files", report.files())
            .put("mapPages", report.pages())
            .put("usedBytes", report.usedBytes());
    document.set("damage", Json.array(report.damage()));
    document.set("inaccuracies", Json.array(report.inaccuracies()));
    document.set("findings", Json.array(report.findings()));
    return document;
  }

  private static String text(JsonNode report) {
    StringBuilder text = new StringBuilder();
    for (JsonNode what : report.path("findings")) {
      text.append("brought in order: ").append(what.asText()).append('\n');
    }
    for (JsonNode what : report.path("damage")) {
      text.append("damaged: ").append(what.asText()).append('\n');
    }
    for (JsonNode what : report.path("inaccuracies")) {
      text.append("inaccurate: ").append(what.asText()).append('\n');
    }
    text.append(
        "%d files, %d map pages, %s of data: "
            .formatted(
                report.path("files").asLong(),
                report.path("mapPages").asLong(),
                Sizes.human(report.path("usedBytes").asLong())));
    if (report.path("sound").asBoolean()) {
      return text.append("sound\n").toString();
    }
    return text.append(report.path("found").asLong())
        .append(
            report.path("repaired").asBoolean() ? " found wrong, put right\n" : " found wrong\n")
        .toString();
  }
}
