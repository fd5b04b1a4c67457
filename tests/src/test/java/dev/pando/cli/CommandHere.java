package dev.pando.cli;

import dev.pando.daemon.control.MountRegistry;
import java.io.PrintWriter;
import java.nio.file.Path;
import picocli.CommandLine;

/**
 * Runs a command in this process: the same code, and the same daemon at the other end, without a
 * JVM of its own. The suites give hundreds of commands, and their start is what takes time.
 */
public final class CommandHere {
  private CommandHere() {}

  /**
   * Runs one; returns its exit code.
   *
   * @param runtime where daemons are found, as PANDO_RUN says it
   * @param mountpoint the mount that is meant, as PANDO_MOUNT says it
   */
  public static int run(
      Path runtime, Path mountpoint, PrintWriter out, PrintWriter err, String... arguments) {
    Daemons daemons = new Daemons(new MountRegistry(runtime));
    CommandLine pando = Pando.commandLine(arguments, daemons, mountpoint.toString());
    int exitCode = pando.setOut(out).setErr(err).execute(arguments);
    out.flush();
    err.flush();
    return exitCode;
  }
}
