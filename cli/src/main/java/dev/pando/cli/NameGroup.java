package dev.pando.cli;

import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.ExitStatus;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;

/** Options by which one command means many VMs. The same ones make a group and remove it. */
final class NameGroup {
  @Option(
      names = "--count",
      paramLabel = "N",
      description =
          "N of them: NAME01 to NAMEnn (NAME-01 if NAME ends with a digit; more digits from 100"
              + " on).")
  private Integer count;

  @Option(
      names = "--names-from",
      paramLabel = "FILE",
      description = "One for each line of FILE ('-': standard input).")
  private Path namesFrom;

  /**
   * The names that are meant, at least one.
   *
   * @param given those on the command line
   */
  List<String> names(List<String> given) throws ControlException {
    if (given.isEmpty() == (namesFrom == null)) {
      throw new ControlException(ExitStatus.USAGE, "give either a name or --names-from FILE");
    }
    if (count == null) {
      return namesFrom == null ? given : CloneNames.from(namesFrom);
    }
    if (given.size() != 1) {
      throw new ControlException(ExitStatus.USAGE, "--count goes with one name");
    }
    return CloneNames.counted(given.get(0), count);
  }
}
