package dev.pando.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.ExitStatus;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

@Command(
    name = "quota",
    description =
        "Limit what a VM may hold of its own, which is what it writes; writes beyond get EDQUOT,"
            + " and df shows it. Clones get the limit of what they are linked clones of. Without"
            + " SIZE, show it; without VM, show all.",
    footer = {"%nExamples: pando quota s07 10G", "          pando quota s07 none"})
final class QuotaCommand implements Callable<Integer> {
  private static final String NONE = "none";

  @Mixin private final Screen screen = new Screen();
  @Mixin private final MountChoice choice;

  @Option(
      names = "--store",
      description = "What the whole store may take on the host's disk, metadata included.")
  private boolean store;

  @Parameters(
      arity = "0..2",
      paramLabel = "VM SIZE",
      description = "A name or a path inside a mount, and a size such as 10G, or none.")
  private List<String> arguments = List.of();

  QuotaCommand(MountChoice choice) {
    this.choice = choice;
  }

  @Override
  public Integer call() throws ControlException {
    int sizeAt = store ? 0 : 1;
    if (arguments.size() > sizeAt + 1) {
      throw new ControlException(
          ExitStatus.USAGE, "With --store give a size and no VM, for instance --store 500G.");
    }
    ObjectNode parameters = Json.object().put("store", store);
    if (arguments.size() > sizeAt) {
      putLimit(parameters, arguments.get(sizeAt));
    }
    Target target = choice.resolve(store ? List.of() : arguments.subList(0, vms()));
    if (vms() > 0) {
      parameters.put("vm", target.name());
    }
    screen.show(target.ask("quota", parameters), QuotaCommand::table);
    return ExitStatus.DONE.number();
  }

  private int vms() {
    return store ? 0 : Math.min(1, arguments.size());
  }

  private static void putLimit(ObjectNode parameters, String size) throws ControlException {
    if (size.equals(NONE)) {
      parameters.put("unlimited", true);
      return;
    }
    try {
      parameters.put("limitBytes", ByteCount.parse(size).bytes());
    } catch (TypeConversionException e) {
      throw new ControlException(ExitStatus.USAGE, e.getMessage() + ", or none.");
    }
  }

  private static String table(JsonNode quotas) {
    Table table = new Table("VM", ">USED", ">QUOTA");
    for (JsonNode vm : quotas.path("vms")) {
      row(table, vm.path("name").asText(), vm);
    }
    if (quotas.has("store")) {
      row(table, "(the whole store)", quotas.path("store"));
    }
    return table.toString();
  }

  private static void row(Table table, String name, JsonNode quota) {
    JsonNode limit = quota.path("quotaBytes");
    table.row(
        name,
        Sizes.human(quota.path("usedBytes").asLong()),
        limit.isNull() ? NONE : Sizes.human(limit.asLong()));
  }
}
