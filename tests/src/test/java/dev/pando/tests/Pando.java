package dev.pando.tests;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The command line, as this build packaged it. */
final class Pando {
  static final Path CHECKOUT =
      Path.of(System.getProperty("pando.checkout", "..")).toAbsolutePath().normalize();
  private static final Path LAUNCHER = CHECKOUT.resolve("cli/bin/pando");
  static final Path JARS = CHECKOUT.resolve("cli/target/lib");

  private Pando() {}

  static Program command(String... arguments) {
    // these jars, and no build in the middle of a build
    return run(LAUNCHER, arguments).with("PANDO_JARS", JARS);
  }

  /** A command of another checkout, which builds itself if it has to. */
  static Program commandOf(Path checkout, String... arguments) {
    return run(checkout.resolve("cli/bin/pando"), arguments);
  }

  private static Program run(Path launcher, String... arguments) {
    List<String> command = new ArrayList<>(List.of(launcher.toString()));
    command.addAll(List.of(arguments));
    return Program.of(command);
  }
}
