package dev.pando.cli;

import java.util.List;

/**
 * What the launcher runs once, its output thrown away, to record which classes a command needs
 * (class data sharing). It does what commands do.
 */
final class Training {
  private static final List<List<String>> COMMANDS =
      List.of(
          List.of("--version"),
          List.of("--help"),
          List.of("clone", "--help"),
          List.of("status"),
          List.of("list", "--json"),
          List.of("freeze", ""));

  private Training() {}

  /** Runs a few commands; how they end does not matter. */
  public static void main(String[] arguments) {
    for (List<String> command : COMMANDS) {
      Pando.execute(command.toArray(String[]::new), Daemons.ofThisUser(), null);
    }
  }
}
