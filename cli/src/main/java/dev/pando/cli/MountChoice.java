package dev.pando.cli;

import static java.util.stream.Collectors.joining;

import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.ExitStatus;
import dev.pando.daemon.control.MountEntry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/**
 * Turns VM arguments into a mount and names. An argument is a path if it begins with {@code /},
 * {@code ./} or {@code ../}; all else is a name. The mount is the one given with {@code --mount},
 * the one a path lies in, the one in {@code PANDO_MOUNT}, or the only one there is.
 */
final class MountChoice {
  static final String ENVIRONMENT = "PANDO_MOUNT";

  @Option(
      names = "--mount",
      paramLabel = "MOUNTPOINT",
      description = "The mount to speak to; else " + ENVIRONMENT + ", else the only one there is.")
  private Path option;

  private final Daemons daemons;
  private final String environment;

  /**
   * @param environment the value of {@value #ENVIRONMENT}; null or empty if not set
   */
  MountChoice(Daemons daemons, String environment) {
    this.daemons = daemons;
    this.environment = environment;
  }

  /**
   * Finds the mount and the names that these arguments mean; with no arguments, the mount.
   *
   * @throws ControlException {@link ExitStatus#USAGE} for names that can not be one and for a
   *     choice that is not clear, {@link ExitStatus#NO_DAEMON} if nothing is mounted there
   */
  Target resolve(List<String> arguments) throws ControlException {
    List<Path> paths = new ArrayList<>();
    for (String argument : arguments) {
      VmName.checkCharacters(argument);
      if (isPath(argument)) {
        paths.add(Path.of(argument).toAbsolutePath().normalize());
      } else {
        VmName.checked(withoutTrailingSlash(argument));
      }
    }
    MountEntry mount = choose(daemons.mounts(), paths);
    List<String> names = new ArrayList<>();
    for (String argument : arguments) {
      names.add(isPath(argument) ? nameOf(argument, mount) : withoutTrailingSlash(argument));
    }
    return new Target(daemons, mount, names);
  }

  private MountEntry choose(List<MountEntry> mounts, List<Path> paths) throws ControlException {
    if (option != null) {
      return mountAt(option);
    }
    for (Path path : paths) {
      Optional<MountEntry> holder =
          mounts.stream().filter(mount -> inside(mount, path)).findFirst();
      if (holder.isPresent()) {
        return holder.get();
      }
    }
    if (environment != null && !environment.isEmpty()) {
      return mountAt(Path.of(environment));
    }
    if (mounts.size() == 1) {
      return mounts.get(0);
    }
    if (mounts.isEmpty()) {
      throw new ControlException(
          ExitStatus.NO_DAEMON,
          "nothing is mounted; 'pando mount STORE MOUNTPOINT' mounts a store");
    }
    String all = mounts.stream().map(mount -> mount.mountpoint().toString()).collect(joining(", "));
    throw new ControlException(
        ExitStatus.USAGE, "several stores are mounted (" + all + "); say which one with --mount");
  }

  private MountEntry mountAt(Path given) throws ControlException {
    Path wanted = CanonicalPath.of(given);
    Optional<MountEntry> mounted = daemons.mountAt(wanted);
    if (mounted.isPresent()) {
      return mounted.get();
    }
    Optional<UnlistedMount> unlisted = UnlistedMount.at(wanted).filter(UnlistedMount::isOurs);
    throw new ControlException(
        ExitStatus.NO_DAEMON,
        unlisted.isPresent() ? sentence(unlisted.get()) : "no store is mounted at " + wanted);
  }

  private static String sentence(UnlistedMount mount) throws ControlException {
    return mount.daemon().isPresent()
        ? "the daemon of %s is of user %s and has another runtime directory (PANDO_RUN)"
            .formatted(mount.mountpoint(), Integer.toUnsignedString(mount.owner()))
        : "the daemon of " + mount.mountpoint() + " is gone; 'pando mount' it again";
  }

  private static String nameOf(String argument, MountEntry mount) throws ControlException {
    Path path = Path.of(argument).toAbsolutePath().normalize();
    if (!inside(mount, path)) {
      throw new ControlException(
          ExitStatus.USAGE,
          "'" + argument + "' is a path outside the mount at " + mount.mountpoint());
    }
    Path below = path.startsWith(mount.mountpoint()) ? path : real(path);
    String name = mount.mountpoint().relativize(below).toString();
    if (name.isEmpty()) {
      throw new ControlException(
          ExitStatus.USAGE, "'" + argument + "' is the mount itself and not a VM in it");
    }
    return VmName.checked(name);
  }

  /** Compares text first, so that a mount that hangs is asked only for a path over a symlink. */
  private static boolean inside(MountEntry mount, Path path) {
    return path.startsWith(mount.mountpoint()) || real(path).startsWith(mount.mountpoint());
  }

  /** The path with the symbolic links of its existing part followed. */
  private static Path real(Path path) {
    for (Path existing = path; existing != null; existing = existing.getParent()) {
      try {
        return existing.toRealPath().resolve(existing.relativize(path)).normalize();
      } catch (IOException e) {
        // the last component is still to be made: its parent decides
      }
    }
    return path;
  }

  private static boolean isPath(String argument) {
    return argument.startsWith("/")
        || argument.startsWith("./")
        || argument.startsWith("../")
        || argument.equals(".")
        || argument.equals("..");
  }

  private static String withoutTrailingSlash(String argument) {
    return argument.length() > 1 && argument.endsWith("/")
        ? argument.substring(0, argument.length() - 1)
        : argument;
  }
}
