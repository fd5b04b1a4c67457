package dev.pando.cli;

import dev.pando.daemon.control.ExitStatus;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The program {@code pando}. */
@Command(
    name = "pando",
    description = "VM clones that share one root system.",
    synopsisSubcommandLabel = "COMMAND",
    versionProvider = Pando.Version.class,
    commandListHeading = "%nCommands:%n",
    exitCodeListHeading = "%nExit codes:%n",
    footer = {
      "%nExample: pando mount /var/lib/pando /srv/vms",
      "         pando import vms/debian12",
      "         pando freeze debian12",
      "         pando clone debian12 s --count 20"
    })
final class Pando implements Callable<Integer> {
  @Spec private CommandSpec spec;

  private Pando() {}

  /** Runs one command and exits with its code. */
  public static void main(String[] arguments) {
    System.exit(execute(arguments, Daemons.ofThisUser(), System.getenv(MountChoice.ENVIRONMENT)));
  }

  /**
   * Runs one command.
   *
   * @param presetMount the mount to speak to where no argument says which; null for none
   * @return the exit code
   */
  static int execute(String[] arguments, Daemons daemons, String presetMount) {
    return commandLine(arguments, daemons, presetMount).execute(arguments);
  }

  /** Reading a command's annotations takes milliseconds: where one is named, no other is read. */
  static CommandLine commandLine(String[] arguments, Daemons daemons, String presetMount) {
    CommandLine pando = new CommandLine(new Pando());
    Map<String, Supplier<Object>> commands = commands(daemons, presetMount);
    String named = arguments.length == 0 ? null : arguments[0];
    if (named != null && commands.containsKey(named)) {
      pando.addSubcommand(commands.get(named).get());
    } else {
      commands.values().forEach(command -> pando.addSubcommand(command.get()));
    }
    pando.getCommandSpec().addOption(version());
    addHelp(pando);
    pando.getCommandSpec().usageMessage().exitCodeList(exitCodes());
    Outcome outcome = new Outcome();
    return pando.setExecutionExceptionHandler(outcome).setParameterExceptionHandler(outcome);
  }

  /** By name, in the order of the help. */
  private static Map<String, Supplier<Object>> commands(Daemons daemons, String presetMount) {
    Supplier<MountChoice> choice = () -> new MountChoice(daemons, presetMount);
    Map<String, Supplier<Object>> commands = new LinkedHashMap<>();
    commands.put("mount", () -> new MountCommand(daemons));
    commands.put("umount", () -> new UmountCommand(daemons));
    commands.put("restart", () -> new RestartCommand(daemons));
    commands.put("status", () -> new StatusCommand(daemons));
    commands.put("list", () -> new ListCommand(choice.get()));
    commands.put("show", () -> new ShowCommand(choice.get()));
    commands.put("import", () -> new ImportCommand(choice.get()));
    commands.put("clone", () -> new CloneCommand(choice.get()));
    commands.put("freeze", () -> new FreezeCommand(choice.get()));
    commands.put("thaw", () -> new ThawCommand(choice.get()));
    commands.put("remove", () -> new RemoveCommand(choice.get()));
    commands.put("rename", () -> new RenameCommand(choice.get()));
    commands.put("identity", () -> new IdentityCommand(choice.get()));
    commands.put("tree", () -> new TreeCommand(choice.get()));
    commands.put("power", () -> power(choice));
    commands.put("space", () -> new SpaceCommand(choice.get()));
    commands.put("memory", () -> memory(choice));
    commands.put("quota", () -> new QuotaCommand(choice.get()));
    commands.put("dedupe", () -> new DedupeCommand(choice.get()));
    commands.put("reclaim", () -> new ReclaimCommand(choice.get()));
    commands.put("scrub", () -> new ScrubCommand(choice.get()));
    commands.put("check", CheckCommand::new);
    commands.put("demo", DemoCommand::new);
    return commands;
  }

  /** No command was given. */
  @Override
  public Integer call() {
    throw new ParameterException(spec.commandLine(), "a command is missing");
  }

  private static CommandLine power(Supplier<MountChoice> choice) {
    return new CommandLine(new PowerCommand())
        .addSubcommand(new PowerOnCommand(choice.get()))
        .addSubcommand(new PowerOffCommand(choice.get()));
  }

  private static CommandLine memory(Supplier<MountChoice> choice) {
    return new CommandLine(new MemoryCommand(choice.get()))
        .addSubcommand(new MemoryFitCommand(choice.get()))
        .addSubcommand(new MemorySetCommand(choice.get()))
        .addSubcommand(new MemoryHostCommand(choice.get()));
  }

  private static void addHelp(CommandLine command) {
    command.getCommandSpec().addOption(help());
    command.getSubcommands().values().forEach(Pando::addHelp);
  }

  private static OptionSpec help() {
    return OptionSpec.builder("-h", "--help")
        .usageHelp(true)
        .description("Show this help.")
        .build();
  }

  private static OptionSpec version() {
    return OptionSpec.builder("--version")
        .versionHelp(true)
        .description("Print the version.")
        .build();
  }

  private static Map<String, String> exitCodes() {
    Map<String, String> meanings = new LinkedHashMap<>();
    for (ExitStatus status : ExitStatus.values()) {
      meanings.put(Integer.toString(status.number()), meaning(status));
    }
    return meanings;
  }

  private static String meaning(ExitStatus status) {
    return switch (status) {
      case DONE -> "done";
      case FAILED -> "failed: disk full, an I/O error, no /dev/fuse";
      case USAGE -> "wrong usage, or a name that can not be one";
      case REFUSED -> "refused by a rule: frozen, running, name taken, in use, busy";
      case MISSING -> "there is no such thing";
      case NO_DAEMON -> "no daemon answers";
    };
  }

  /** The version in the jar's manifest. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = Pando.class.getPackage().getImplementationVersion();
      return new String[] {"pando " + (version == null ? "(not packaged)" : version)};
    }
  }
}
