package dev.pando.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.ExitStatus;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
    name = "import",
    description =
        "Bring a VM into the store: its directory, one disk image, or a libvirt domain XML with the"
            + " disks it names. Prints the VM's name. What is at PATH stays as it is.",
    footer = "%nExample: pando import vms/debian12")
final class ImportCommand implements Callable<Integer> {
  @Mixin private final Screen screen = new Screen();
  @Mixin private final MountChoice choice;

  @Parameters(
      index = "0",
      paramLabel = "PATH",
      description = "A directory, a disk image or a domain XML.")
  private Path path;

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "NAME",
      description = "The VM's name in the store; else the last component of PATH.")
  private String name;

  ImportCommand(MountChoice choice) {
    this.choice = choice;
  }

  @Override
  public Integer call() throws ControlException {
    Path source = path.toAbsolutePath().normalize();
    if (Files.notExists(source, LinkOption.NOFOLLOW_LINKS)) {
      throw new ControlException(ExitStatus.MISSING, "there is nothing at " + path + " to import");
    }
    List<String> arguments = new ArrayList<>();
    if (name != null) {
      arguments.add(name);
    }
    Target target = choice.resolve(arguments);
    ObjectNode parameters = Json.object().put("path", source.toString());
    target.names().forEach(given -> parameters.put("name", given));
    JsonNode vm;
    try (WorkBar bar = WorkBar.of("importing")) {
      vm = target.ask("import", parameters, bar);
    }
    screen.show(vm, imported -> imported.path("name").asText() + "\n");
    return ExitStatus.DONE.number();
  }
}
