package dev.pando.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.ExitStatus;
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
            + " the clones' names. All of them are made, or none. The source may run.",
    footer = {
      "%nExample: pando clone debian12 web",
      "         pando clone debian12 s --count 20        makes s01, s02, ... s20",
      "         pando clone debian12 --names-from class.txt",
      "         pando clone debian12@1 old --full"
    })
final class CloneCommand implements Callable<Integer> {
  @Mixin private final Screen screen = new Screen();
  @Mixin private final MountChoice choice;

  @Parameters(
      index = "0",
      paramLabel = "SOURCE",
      description =
          "The VM or template to clone, or TEMPLATE@N, an earlier generation: a name, or a path"
              + " inside a mount.")
  private String source;

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "NAME",
      description = "The clone's name; with --count what the names begin with.")
  private String name;

  @Mixin private final NameGroup group = new NameGroup();

  @Option(
      names = "--full",
      description = "Copy all data: the clones share nothing with the source, now and later.")
  private boolean full;

  @Option(
      names = "--dry-run",
      description = "Make nothing; show each file and each key that would be changed.")
  private boolean dryRun;

  @Option(
      names = "--keep-names",
      description = "Leave the files inside the clones named as in the source.")
  private boolean keepNames;

  CloneCommand(MountChoice choice) {
    this.choice = choice;
  }

  @Override
  public Integer call() throws ControlException {
    List<String> arguments = new ArrayList<>();
    arguments.add(source);
    arguments.addAll(group.names(name == null ? List.of() : List.of(name)));
    Target target = choice.resolve(arguments);
    ObjectNode parameters =
        Json.object()
            .put("source", target.name())
            .put("keepNames", keepNames)
            .put("full", full)
            .put("dryRun", dryRun);
    parameters.set("names", Json.array(target.names().subList(1, target.names().size())));
    JsonNode made;
    try (WorkBar bar = WorkBar.of("cloning")) {
      made = target.ask("clone", parameters, bar);
    }
    made.path("warnings").forEach(warning -> screen.note(warning.asText()));
    screen.show(made, dryRun ? ClonePlanText::of : CloneCommand::names);
    return ExitStatus.DONE.number();
  }

  private static String names(JsonNode made) {
    StringBuilder names = new StringBuilder();
    made.path("vms").forEach(vm -> names.append(vm.path("name").asText()).append('\n'));
    return names.toString();
  }
}
