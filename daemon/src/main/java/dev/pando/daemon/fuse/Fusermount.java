package dev.pando.daemon.fuse;

import dev.pando.daemon.fuse.MountException.Reason;
import dev.pando.daemon.host.HostUser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * {@code fusermount3}, the set-user-id program of libfuse 3, which mounts for users: it opens the
 * device, mounts it, and passes it through the socket that it finds in {@code _FUSE_COMMFD}. It
 * adds {@code user_id}, {@code group_id}, nosuid and nodev.
 */
final class Fusermount implements Mounter {
  private static final String PROGRAM = "fusermount3";
  private static final String PACKAGE = "fuse3";

  private static final Path CONFIGURATION = Path.of("/etc/fuse.conf");
  private static final String OTHERS_ALLOWED = "user_allow_other";

  /** Of directories in which everybody may make entries and nobody may touch another's: S_ISVTX. */
  private static final int STICKY = 0x200;

  /** How {@code fusermount3}, which never translates, says EBUSY. */
  private static final String BUSY = "Device or resource busy";

  private final HostUser user;

  Fusermount(HostUser user) {
    this.user = user;
  }

  @Override
  public void check(Path mountpoint, MountOptions options) throws MountException {
    requireProgram();
    if (!options.securityContext().isEmpty()) {
      throw new MountException(
          Reason.NOT_PERMITTED, "context= is for mounts by root: leave it out, or be root");
    }
    if (options.allowOther() && !isAllowed(CONFIGURATION)) {
      throw new MountException(
          Reason.NOT_PERMITTED,
          "allow_other is not for users on this machine: root allows it by a line '"
              + OTHERS_ALLOWED
              + "' in "
              + CONFIGURATION);
    }
    requireOwn(mountpoint);
  }

  private static void requireProgram() throws MountException {
    String path = System.getenv().getOrDefault("PATH", "");
    if (Stream.of(path.split(":"))
        .noneMatch(directory -> Files.isExecutable(Path.of(directory, PROGRAM)))) {
      throw new MountException(
          Reason.NO_FUSE,
          "mounting as a user needs the program "
              + PROGRAM
              + ", which is not there: install the package "
              + PACKAGE);
    }
  }

  /** Whether a file like {@code /etc/fuse.conf} lets users show their mounts to others. */
  static boolean isAllowed(Path configuration) {
    try (Stream<String> lines = Files.lines(configuration)) {
      return lines.anyMatch(line -> line.replaceFirst("#.*", "").strip().equals(OTHERS_ALLOWED));
    } catch (IOException | java.io.UncheckedIOException unreadable) {
      return false;
    }
  }

  private void requireOwn(Path mountpoint) throws MountException {
    try {
      boolean isSticky = (number(mountpoint, "unix:mode") & STICKY) != 0;
      int owner = number(mountpoint, "unix:uid");
      if (!Files.isWritable(mountpoint) || (isSticky && owner != user.uid())) {
        throw new MountException(
            Reason.NOT_PERMITTED,
            "%s belongs to user %s, and user %s may not mount there: take a directory of your own"
                .formatted(mountpoint, unsigned(owner), unsigned(user.uid())));
      }
    } catch (MountException refused) {
      throw refused;
    } catch (IOException failed) {
      throw new MountException(Reason.FAILED, mountpoint + " can not be looked at", failed);
    }
  }

  private static int number(Path path, String attribute) throws IOException {
    return (Integer) Files.getAttribute(path, attribute);
  }

  private static String unsigned(int id) {
    return Integer.toUnsignedString(id);
  }

  @Override
  public int mount(Path mountpoint, MountOptions options) throws MountException {
    Program.Outcome outcome = run("-o", words(options), "--", mountpoint.toString());
    OptionalInt device = outcome.descriptor();
    if (device.isPresent() && outcome.exitCode() == 0) {
      return device.getAsInt();
    }
    device.ifPresent(Linux.LIBC::close);
    throw new MountException(
        Reason.FAILED, PROGRAM + " did not mount on " + mountpoint + ": " + words(outcome));
  }

  private static String words(MountOptions options) {
    List<String> words = new ArrayList<>();
    words.add(options.readOnly() ? "ro" : "rw");
    words.add("nosuid,nodev,default_permissions");
    words.add("fsname=" + SOURCE + ",subtype=" + Mountpoint.SUBTYPE);
    if (options.noAccessTimes()) {
      words.add("noatime");
    }
    if (options.allowOther()) {
      words.add("allow_other");
    }
    return String.join(",", words);
  }

  @Override
  public void unmount(Path mountpoint, boolean lazily) throws MountException {
    Program.Outcome outcome = run(lazily ? "-uz" : "-u", "--", mountpoint.toString());
    if (outcome.exitCode() == 0) {
      return;
    }
    if (outcome.words().contains(BUSY)) {
      throw new MountException(Reason.BUSY, mountpoint + " is in use");
    }
    throw new MountException(
        Reason.FAILED, PROGRAM + " did not unmount " + mountpoint + ": " + words(outcome));
  }

  /** Its last words, without its name before them. */
  private static String words(Program.Outcome outcome) {
    String said = outcome.words().strip();
    String last = said.substring(said.lastIndexOf('\n') + 1);
    String words = last.startsWith(PROGRAM + ": ") ? last.substring(PROGRAM.length() + 2) : last;
    return words.isEmpty() ? "it ended with " + outcome.exitCode() : words;
  }

  private static Program.Outcome run(String... arguments) throws MountException {
    List<String> command = new ArrayList<>(List.of(PROGRAM));
    command.addAll(List.of(arguments));
    try {
      return Program.run(command);
    } catch (IOException failed) {
      throw new MountException(Reason.FAILED, failed.getMessage(), failed);
    }
  }

  /** A user has no call for it; the connection's control file is left. */
  @Override
  public boolean abort(Path mountpoint) {
    return false;
  }
}
