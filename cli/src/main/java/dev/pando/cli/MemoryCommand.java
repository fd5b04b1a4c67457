package dev.pando.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.ExitStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "memory",
    description =
        "Show the host's memory, what of it was promised to VMs that are on, and the memory of each"
            + " VM.",
    synopsisSubcommandLabel = "[fit|set|host]",
    footer = {
      "%nExample: pando memory",
      "         pando memory host --total 16G --reserve 1G",
      "         pando memory set s07 --reservation 1G",
      "         pando memory fit debian12"
    })
final class MemoryCommand implements Callable<Integer> {
  private static final int BAR_WIDTH = 64;
  private static final String NOTHING = "-";

  @Mixin private final Screen screen = new Screen();
  @Mixin private final MountChoice choice;

  MemoryCommand(MountChoice choice) {
    this.choice = choice;
  }

  @Override
  public Integer call() throws ControlException {
    screen.show(choice.resolve(List.of()).ask("memory", Json.object()), MemoryCommand::text);
    return ExitStatus.DONE.number();
  }

  static String text(JsonNode memory) {
    return host(memory.path("host")) + "\n" + vms(memory.path("vms"));
  }

  /** Where the total is from, for a sentence. */
  static String source(JsonNode host) {
    return switch (host.path("totalFrom").asText()) {
      case "set" -> "set";
      case "cgroup" -> "the control group's limit";
      default -> "measured";
    };
  }

  private static String host(JsonNode host) {
    long total = host.path("totalBytes").asLong();
    long reserve = host.path("reserveBytes").asLong();
    long overhead = host.path("overheadBytes").asLong();
    long configured = host.path("configuredBytes").asLong();
    long reserved = host.path("reservedBytes").asLong();
    long available = host.path("availableBytes").asLong();
    long overcommitted = host.path("overcommittedBytes").asLong();
    StringBuilder text = new StringBuilder();
    text.append(
        "%s in all (%s); %s free, state %s%n"
            .formatted(
                Sizes.human(total),
                source(host),
                size(host, "freeBytes"),
                host.path("state").asText()));
    long scale = Math.max(total, reserve + overhead + configured);
    text.append('[')
        .append(
            new Bar(scale)
                .part('h', reserve)
                .part('o', overhead)
                .part('R', reserved)
                .part('v', configured - reserved)
                .part('.', Math.max(0, available)))
        .append("]\n");
    Table table = new Table("", "WHAT", ">SIZE");
    table.row("h", "for the host", Sizes.human(reserve));
    table.row("o", "overhead of VMs", Sizes.human(overhead));
    table.row("R", "VMs, reserved", Sizes.human(reserved));
    table.row("v", "VMs, not reserved", Sizes.human(configured - reserved));
    if (overcommitted == 0) {
      table.row(".", "available: no VM has it", Sizes.human(available));
    } else {
      table.row("", "more than there is: to be reclaimed or swapped", Sizes.human(overcommitted));
    }
    table.row("", "unreserved: can still be promised", size(host, "unreservedBytes"));
    table.row("", "kept in the store for swap", size(host, "swapAsideBytes"));
    return text.append(table).toString();
  }

  /** Parts of a line, as long as their amounts; what is not nothing is seen. */
  private static final class Bar {
    private final long scale;
    private final StringBuilder text = new StringBuilder();
    private long sum;

    Bar(long scale) {
      this.scale = Math.max(1, scale);
    }

    Bar part(char sign, long bytes) {
      sum += bytes;
      int end = (int) Math.round((double) sum / scale * BAR_WIDTH);
      int least = bytes > 0 ? Math.min(BAR_WIDTH, text.length() + 1) : text.length();
      while (text.length() < Math.max(end, least)) {
        text.append(sign);
      }
      return this;
    }

    @Override
    public String toString() {
      return text.toString();
    }
  }

  private static String vms(JsonNode vms) {
    Table table =
        new Table(
            "VM",
            "STATE",
            ">SIZE",
            ">RESERVED",
            ">LIMIT",
            ">SHARES",
            ">OVERHEAD",
            ">SWAP",
            ">RESIDENT",
            "");
    for (JsonNode vm : vms) {
      table.row(
          vm.path("name").asText(),
          vm.path("template").asBoolean()
              ? "template"
              : vm.path("poweredOn").asBoolean() ? "on" : "off",
          size(vm, "sizeBytes"),
          size(vm, "reservationBytes"),
          vm.path("limitBytes").isNull() ? "none" : size(vm, "limitBytes"),
          vm.path("shares").isNull() ? NOTHING : vm.path("shares").asText(),
          size(vm, "overheadBytes"),
          size(vm, "swapBytes"),
          size(vm, "residentBytes"),
          String.join("; ", notes(vm)));
    }
    return table.toString();
  }

  private static List<String> notes(JsonNode vm) {
    List<String> notes = new ArrayList<>();
    if (vm.hasNonNull("problem")) {
      notes.add(vm.path("problem").asText());
    }
    if (!vm.path("admitted").asBoolean(true)) {
      notes.add("there is no memory for it");
    }
    if (vm.path("configurationChanged").asBoolean()) {
      notes.add("configured otherwise since it was powered on");
    }
    if (vm.path("givenOtherwise").asBoolean()) {
      notes.add("its process was told to give it " + size(vm, "givenBytes"));
    }
    return notes;
  }

  private static String size(JsonNode object, String field) {
    JsonNode bytes = object.path(field);
    return bytes.isIntegralNumber() ? Sizes.human(bytes.asLong()) : NOTHING;
  }
}
