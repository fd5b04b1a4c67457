package dev.pando.cli;

import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.ExitStatus;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The one place where what went wrong becomes a sentence on standard error, with {@code --json} a
 * document on standard output, and an exit code. A class and not two lambdas: it starts faster.
 */
final class Outcome implements IExecutionExceptionHandler, IParameterExceptionHandler {
  private static final String TRACE = "PANDO_TRACE";

  /** What picocli adds where a value can not be converted: no word for a user. */
  private static final String JAVA_CAUSE = " to (interface|class) java\\..*";

  @Override
  public int handleExecutionException(Exception thrown, CommandLine command, ParseResult parsed) {
    return report(failure(thrown, command), command, parsed.originalArgs());
  }

  @Override
  public int handleParseException(ParameterException wrong, String[] arguments) {
    CommandLine command = wrong.getCommandLine();
    String what =
        wrong instanceof UnmatchedArgumentException unmatched
            ? "'" + unmatched.getUnmatched().get(0) + "' is not understood here"
            : wrong.getMessage().replaceFirst(JAVA_CAUSE, "");
    String help = "; see '" + command.getCommandSpec().qualifiedName() + " --help'";
    return report(
        new ControlException(ExitStatus.USAGE, Sentences.oneLine(what) + help),
        command,
        Arrays.asList(arguments));
  }

  private static ControlException failure(Exception thrown, CommandLine command) {
    if (thrown instanceof ControlException failure) {
      return failure;
    }
    if (System.getenv(TRACE) != null) {
      thrown.printStackTrace(command.getErr());
    }
    return new ControlException(
        ExitStatus.FAILED,
        Sentences.oneLine("unexpected: " + thrown)
            + "; this is a fault of Pando ("
            + TRACE
            + "=1 shows where)");
  }

  private static int report(ControlException failure, CommandLine command, List<String> arguments) {
    PrintWriter err = command.getErr();
    err.println("pando: " + failure.getMessage());
    err.flush();
    if (arguments.contains(Screen.JSON)) {
      PrintWriter out = command.getOut();
      out.println(Json.text(Json.error(failure)));
      out.flush();
    }
    return failure.status().number();
  }
}
