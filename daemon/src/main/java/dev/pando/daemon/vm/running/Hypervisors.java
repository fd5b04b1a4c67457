package dev.pando.daemon.vm.running;

import dev.pando.daemon.tree.Opener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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

  private static final String NAME = "[\\w.+-]*[\\w.+*-]*";

  private final List<String> globs;

  private Hypervisors(List<String> globs) {
    this.globs = globs;
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
    return new Hypervisors(globs);
  }

  /** Whether a process is one, by its program's name or, where that can not be read, its own. */
  public boolean isOne(Opener opener) {
    String command = opener.command();
    return matches(program(opener.processId()))
        || matches(command)
        || (command.length() == COMMAND_LENGTH && globs.stream().anyMatch(g -> isCut(g, command)));
  }

  private boolean matches(String name) {
    return globs.stream().anyMatch(glob -> pattern(glob).matcher(name).matches());
  }

  /** Whether a name that the kernel has cut could be one of a glob. */
  private static boolean isCut(String glob, String command) {
    return glob.length() > COMMAND_LENGTH && glob.indexOf('*') < 0 && glob.startsWith(command);
  }

  private static Pattern pattern(String glob) {
    return Pattern.compile(
        Arrays.stream(glob.split("\\*", -1)).map(Pattern::quote).collect(Collectors.joining(".*")));
  }

  private static String program(int processId) {
    try {
      Path link = Path.of("/proc", Integer.toString(processId), "exe");
      String target = Files.readSymbolicLink(link).getFileName().toString();
      return target.endsWith(" (deleted)") ? target.substring(0, target.indexOf(' ')) : target;
    } catch (IOException notOurs) {
      return "";
    }
  }
}
