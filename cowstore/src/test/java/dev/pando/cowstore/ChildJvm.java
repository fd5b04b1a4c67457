package dev.pando.cowstore;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Another JVM with the class path of this one. */
final class ChildJvm {
  private ChildJvm() {}

  /**
   * Starts a main class; what it says on standard error goes to ours.
   *
   * @param unpacking a directory for native libraries
   */
  static Process start(Path unpacking, Class<?> main, String... arguments) throws IOException {
    return start(List.of(), unpacking, main, arguments);
  }

  /**
   * The same with a limit of descriptors.
   *
   * @param descriptors how many it may have; the JVM raises no limit beyond that
   */
  static Process startWithin(int descriptors, Path unpacking, Class<?> main, String... arguments)
      throws IOException {
    List<String> limit = List.of("sh", "-c", "ulimit -n " + descriptors + " && exec \"$@\"", "sh");
    return start(limit, unpacking, main, arguments);
  }

  private static Process start(
      List<String> prefix, Path unpacking, Class<?> main, String... arguments) throws IOException {
    List<String> command = new ArrayList<>(prefix);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(argument -> argument.startsWith("--add-opens"))
        .forEach(command::add);
    command.addAll(
        List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData", "-Xmx256m"));
    // what a killed process has unpacked stays
    for (String library : List.of("lmdbjava", "jffi")) {
      command.add("-D" + library + ".extract.dir=" + unpacking);
    }
    command.add("-cp");
    command.add(
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
    command.add(main.getName());
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }
}
