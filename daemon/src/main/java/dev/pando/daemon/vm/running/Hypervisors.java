package dev.pando.daemon.vm.running;

import dev.pando.daemon.host.ProcessFiles;
import dev.pando.daemon.tree.Opener;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Which programs run a VM when they have its disks open for writing. Immutable. */
public final class Hypervisors {
  /** QEMU, VMware and the small ones, by the names of their programs. */
  public static final String USUAL =
      "qemu-system-*,qemu-kvm,vmware-vmx,cloud-hypervisor,firecracker";

  /** The kernel keeps so many characters of a name: TASK_COMM_LEN, without the NUL. */
  private static final int COMMAND_LENGTH = 15;

  private static final String NAME = "[\\w.+*-]+";

  private final List<Glob> globs;

  private Hypervisors(List<Glob> globs) {
    this.globs = globs;
  }

  /** A name in which {@code *} stands for any characters. */
  private record Glob(String text, Pattern pattern) {
    static Glob of(String text) {
      return new Glob(
          text,
          Pattern.compile(
              Arrays.stream(text.split("\\*", -1))
                  .map(Pattern::quote)
                  .collect(Collectors.joining(".*"))));
    }

    boolean matches(String name) {
      return pattern.matcher(name).matches();
    }

    /** Whether a name that the kernel has cut could be one of these. */
    boolean matchesCut(String command) {
      return command.length() == COMMAND_LENGTH
          && text.length() > COMMAND_LENGTH
          && text.indexOf('*') < 0
          && text.startsWith(command);
    }
  }

  /**
   * Programs by name, with commas between them; {@code *} stands for any characters.
   *
   * @throws IllegalArgumentException if one is no name of a program
   */
  public static Hypervisors parse(String text) {
    List<String> globs = Arrays.stream(text.split(",", -1)).map(String::strip).toList();
    for (String glob : globs) {
      if (glob.isEmpty() || glob.matches("\\*+") || !glob.matches(NAME)) {
        throw new IllegalArgumentException("'" + glob + "' is no name of a program");
      }
    }
    return new Hypervisors(globs.stream().map(Glob::of).toList());
  }

  /**
   * Whether a process is one, by its program's name or its own: that of others' programs can not be
   * read.
   */
  public boolean isOne(Opener opener) {
    String command = opener.command();
    String program = program(opener.processId());
    return globs.stream()
        .anyMatch(
            glob -> glob.matches(program) || glob.matches(command) || glob.matchesCut(command));
  }

  private static String program(int processId) {
    try {
      String target =
          ProcessFiles.of(processId)
              .link("exe")
              .map(program -> program.getFileName().toString())
              .orElse("");
      return target.endsWith(" (deleted)") ? target.substring(0, target.indexOf(' ')) : target;
    } catch (IOException unknown) {
      return "";
    }
  }
}
