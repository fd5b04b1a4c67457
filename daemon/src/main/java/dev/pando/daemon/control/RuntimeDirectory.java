package dev.pando.daemon.control;

import dev.pando.daemon.host.HostUser;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Set;

/**
 * Where daemons of one user leave their sockets, entries and logs: {@code PANDO_RUN} if that is
 * set, {@code /run/pando} for root, else {@code pando} in {@code XDG_RUNTIME_DIR}, else {@code
 * /tmp/pando-UID}. Only its owner can look into it, and that is what protects the sockets. What
 * somebody else has put there is neither used nor read.
 */
public final class RuntimeDirectory {
  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rwx------");

  /** Write permission for the group or all others: S_IWGRP, S_IWOTH. */
  private static final int WRITABLE_BY_OTHERS = 0022;

  private static final int TYPE_MASK = 0xf000;
  private static final int TYPE_DIRECTORY = 0x4000;

  private RuntimeDirectory() {}

  /** Where it is for this process; it need not exist. */
  public static Path current() {
    return of(System.getenv(), HostUser.current());
  }

  static Path of(Map<String, String> environment, HostUser user) {
    String chosen = environment.getOrDefault("PANDO_RUN", "");
    if (!chosen.isEmpty()) {
      return Path.of(chosen).toAbsolutePath().normalize();
    }
    if (user.isRoot()) {
      return Path.of("/run/pando");
    }
    String session = environment.getOrDefault("XDG_RUNTIME_DIR", "");
    return session.isEmpty()
        ? Path.of("/tmp", "pando-" + Integer.toUnsignedString(user.uid()))
        : Path.of(session, "pando");
  }

  /**
   * Makes {@code directory} if it is missing, and sees to it that only its owner reaches it.
   *
   * @throws ControlException if it can not be made, is no directory, or is somebody else's
   */
  public static void prepare(Path directory) throws ControlException {
    try {
      if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
        Files.createDirectories(directory.getParent());
        Files.createDirectory(directory, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
      }
      requireOwn(directory);
      Files.setPosixFilePermissions(directory, OWNER_ONLY);
    } catch (IOException e) {
      throw new ControlException(
          ExitStatus.FAILED,
          "the directory %s can not be used: %s; name one of your own in PANDO_RUN"
              .formatted(directory, reason(e)));
    }
  }

  /** Whether what stands there was put there by this user; false too if nothing does. */
  static boolean isOwn(Path directory) {
    try {
      requireOwn(directory);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static void requireOwn(Path directory) throws IOException {
    Map<String, Object> attributes =
        Files.readAttributes(directory, "unix:mode,uid", LinkOption.NOFOLLOW_LINKS);
    int mode = (Integer) attributes.get("mode");
    int owner = (Integer) attributes.get("uid");
    if ((mode & TYPE_MASK) != TYPE_DIRECTORY) {
      throw new IOException("it is no directory");
    }
    if (owner != HostUser.current().uid()) {
      throw new IOException("it belongs to user " + Integer.toUnsignedString(owner));
    }
    if ((mode & WRITABLE_BY_OTHERS) != 0) {
      throw new IOException("others may write to it");
    }
  }

  private static String reason(IOException e) {
    if (e instanceof AccessDeniedException) {
      return "this user has no permission";
    }
    if (e instanceof NoSuchFileException missing) {
      return missing.getFile() + " is missing";
    }
    return e.getClass() == IOException.class ? e.getMessage() : e.toString();
  }
}
