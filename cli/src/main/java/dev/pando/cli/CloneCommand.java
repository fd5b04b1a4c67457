package dev.pando.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.ExitStatus;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "clone",
    description =
        "Make linked clones: VMs of their own that share the parent's data until they write. Prints"
            + " the clones' names. All of them are made, or none.",
    footer = {
      "%nExample: pando clone debian12 web",
      "         pando clone debian12 s --count 20        makes s01, s02, ... s20",
      "         pando clone debian12 --names-from class.txt"
    })
final class CloneCommand implements Callable<Integer> {
  @Mixin private final Screen screen = new Screen();
  @Mixin private final MountChoice choice;

  @Parameters(
      index = "0",
      paramLabel = "SOURCE",
      description = "The VM or template to clone: a name, or a path inside a mount.")
  private String source;

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "NAME",
      description = "The clone's name; with --count what the names begin with.")
  private String name;

  @Option(
      names = "--count",
      paramLabel = "N",
      description =
          "Make N clones, NAME01 to NAMEnn (NAME-01 if NAME ends with a digit; more digits from 100"
              + " on).")
  private Integer count;

  @Option(
      names = "--names-from",
      paramLabel = "FILE",
      description = "Make one clone for each line of FILE ('-': standard input).")
  private Path namesFrom;

  @Option(
      names = "--keep-names",
      description = "Leave the files inside the clones named as in the source.")
  private boolean keepNames;

  CloneCommand(MountChoice choice) {
    this.choice = choice;
  }

  @Override
  public Integer call() throws ControlException {
    List<String> arguments = new ArrayList<>(names());
    arguments.add(0, source);
    Target target = choice.resolve(arguments);
    ObjectNode parameters = Json.object().put("source", target.name()).put("keepNames", keepNames);
    parameters.set("names", Json.array(target.names().subList(1, target.names().size())));
    screen.show(target.ask("clone", parameters), CloneCommand::names);
    return ExitStatus.DONE.number();
  }

  private List<String> names() throws ControlException {
    if ((name == null) == (namesFrom == null)) {
      throw new ControlException(ExitStatus.USAGE, "give either a NAME or --names-from FILE");
    }
    if (namesFrom != null) {
      if (count != null) {
        throw new ControlException(
            ExitStatus.USAGE, "--count goes with a NAME, not with --names-from");
      }
      return CloneNames.from(namesFrom);
    }
    return count == null ? List.of(name) : CloneNames.counted(name, count);
  }

  private static String names(JsonNode made) {
    StringBuilder names = new StringBuilder();
    made.path("vms").forEach(vm -> names.append(vm.path("name").asText()).append('\n'));
    return names.toString();
  }
}
