package dev.pando.cli;

import java.io.PrintWriter;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

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
final class Pando {
  private static final String TRACE = "PANDO_TRACE";

  private Pando() {}

  /** Runs one command and exits with its code. */
  public static void main(String[] arguments) {
    CommandLine commands = commands(new LocalDaemons(), System.getenv(MountChoice.ENVIRONMENT));
    System.exit(commands.execute(arguments));
  }

  /** All commands, ready to be executed. */
  static CommandLine commands(Daemons daemons, String presetMount) {
    CommandLine commands = new CommandLine(new Pando());
    Object[] all = {
      new MountCommand(daemons),
      new UmountCommand(daemons),
      new StatusCommand(daemons),
      new ListCommand(new MountChoice(daemons, presetMount)),
      new ShowCommand(new MountChoice(daemons, presetMount)),
      new ImportCommand(new MountChoice(daemons, presetMount)),
      new CloneCommand(new MountChoice(daemons, presetMount)),
      new FreezeCommand(new MountChoice(daemons, presetMount)),
      new ThawCommand(new MountChoice(daemons, presetMount)),
      new RemoveCommand(new MountChoice(daemons, presetMount)),
      new SpaceCommand(new MountChoice(daemons, presetMount)),
      new DemoCommand(),
    };
    for (Object command : all) {
      commands.addSubcommand(command);
    }
    addOption(commands, help());
    addOption(commands, version());
    commands.getSubcommands().values().forEach(command -> addOption(command, help()));
    commands.getCommandSpec().usageMessage().exitCodeList(exitCodes());
    commands.setExecutionStrategy(Pando::run);
    commands.setExecutionExceptionHandler(Pando::failed);
    commands.setParameterExceptionHandler(Pando::misused);
    return commands;
  }

  private static int run(CommandLine.ParseResult parsed) {
    if (!parsed.hasSubcommand()
        && !parsed.isUsageHelpRequested()
        && !parsed.isVersionHelpRequested()) {
      throw new ParameterException(parsed.commandSpec().commandLine(), "a command is missing");
    }
    return new CommandLine.RunLast().execute(parsed);
  }

  private static int failed(Exception thrown, CommandLine command, CommandLine.ParseResult parsed) {
    if (thrown instanceof Failure failure) {
      return report(failure, command, parsed.originalArgs().contains(Screen.JSON));
    }
    if (System.getenv(TRACE) != null) {
      thrown.printStackTrace(command.getErr());
    }
    String sentence =
        "unexpected: " + thrown + "; this is a fault of Pando (" + TRACE + "=1 shows where)";
    return report(
        new Failure(ExitCode.FAILED, sentence),
        command,
        parsed.originalArgs().contains(Screen.JSON));
  }

  private static int misused(ParameterException wrong, String[] arguments) {
    CommandLine command = wrong.getCommandLine();
    String help = "; see '" + command.getCommandSpec().qualifiedName() + " --help'";
    String what =
        wrong instanceof UnmatchedArgumentException unmatched
            ? "'" + unmatched.getUnmatched().get(0) + "' is not understood here"
            : wrong.getMessage();
    Failure failure = new Failure(ExitCode.USAGE, Sentences.oneLine(what) + help);
    return report(failure, command, Arrays.asList(arguments).contains(Screen.JSON));
  }

  private static int report(Failure failure, CommandLine command, boolean json) {
    PrintWriter err = command.getErr();
    err.println("pando: " + failure.getMessage());
    err.flush();
    if (json) {
      PrintWriter out = command.getOut();
      out.println(Json.text(Json.error(failure)));
      out.flush();
    }
    return failure.code().number();
  }

  private static void addOption(CommandLine command, OptionSpec option) {
    command.getCommandSpec().addOption(option);
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
    for (ExitCode code : ExitCode.values()) {
      meanings.put(Integer.toString(code.number()), code.meaning());
    }
    return meanings;
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
