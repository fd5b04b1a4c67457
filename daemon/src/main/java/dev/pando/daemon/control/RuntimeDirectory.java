package dev.pando.daemon.control;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Set;

/**
 * Where daemons of one user leave their sockets, entries and logs: {@code PANDO_RUN} if that is
 * set, {@code /run/pando} for root, else {@code pando} in {@code XDG_RUNTIME_DIR}. Only its owner
 * can look into it, and that is what protects the sockets.
 */
public final class RuntimeDirectory {
  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rwx------");

  private RuntimeDirectory() {}

  /** Where it is for this process; it need not exist. */
  public static Path current() {
    return of(System.getenv(), System.getProperty("user.name"));
  }

  static Path of(Map<String, String> environment, String user) {
    String chosen = environment.getOrDefault("PANDO_RUN", "");
    if (!chosen.isEmpty()) {
      return Path.of(chosen).toAbsolutePath().normalize();
    }
    if (user.equals("root")) {
      return Path.of("/run/pando");
    }
    String session = environment.getOrDefault("XDG_RUNTIME_DIR", "");
    return session.isEmpty() ? Path.of("/tmp", "pando-" + user) : Path.of(session, "pando");
  }

  /**
   * Makes {@code directory} if it is missing, and sees to it that only its owner reaches it.
   *
   * @throws ControlException if it can not be made, is no directory, or is somebody else's
   */
  public static void prepare(Path directory) throws ControlException {
    try {
      Files.createDirectories(directory.getParent());
      if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
        Files.createDirectory(directory, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
      }
      // Fails for a directory of another owner, and so does whoever planted one.
      Files.setPosixFilePermissions(directory, OWNER_ONLY);
      requireOwn(directory);
    } catch (IOException e) {
      throw new ControlException(
          ExitStatus.FAILED, "the directory " + directory + " can not be used: " + reason(e));
    }
  }

  /** Root may change any mode, so the owner is compared too. */
  private static void requireOwn(Path directory) throws IOException {
    Object owner = Files.getAttribute(directory, "unix:uid", LinkOption.NOFOLLOW_LINKS);
    if (!owner.equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"))) {
      throw new IOException("it belongs to user " + owner);
    }
  }

  private static String reason(IOException e) {
    return e.getClass() == IOException.class ? e.getMessage() : e.toString();
  }
}
