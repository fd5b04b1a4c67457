package dev.pando.daemon.vm.running;

import dev.pando.daemon.tree.Opener;
import java.util.List;
import java.util.stream.Collectors;

/** Processes that hold files open, as a user is told of them. */
public final class Openers {
  private Openers() {}

  /** {@code qemu-system-x86 (pid 4711) has it open}. */
  public static String sentence(List<Opener> openers) {
    return names(openers) + (openers.size() == 1 ? " has it open" : " have it open");
  }

  /** {@code qemu-system-x86 (pid 4711)}. */
  public static String names(List<Opener> openers) {
    return openers.stream().map(Openers::one).collect(Collectors.joining(", "));
  }

  private static String one(Opener opener) {
    if (opener.processId() == 0) {
      return "an unknown process";
    }
    String command = opener.command().isEmpty() ? "a process" : opener.command();
    return command + " (pid " + opener.processId() + ")";
  }
}
