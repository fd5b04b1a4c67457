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
    List<String> command = new ArrayList<>(List.of(LAUNCHER.toString()));
    command.addAll(List.of(arguments));
    // these jars, and no build in the middle of a build
    return Program.of(command).with("PANDO_JARS", JARS);
  }
}
