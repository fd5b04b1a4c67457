package dev.pando.daemon.fuse;

import dev.pando.daemon.fuse.MountException.Reason;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;

/**
 * A directory to mount on, and what the kernel says is mounted there (proc(5), {@code
 * /proc/self/mountinfo}). Asking never touches a mounted file system, which may not answer.
 */
public final class Mountpoint {
  static final String SUBTYPE = "pando";

  /** What a mount of ours says it is. */
  public static final String TYPE = "fuse." + SUBTYPE;

  private static final Path MOUNT_TABLE = Path.of("/proc/self/mountinfo");

  /** Bytes as characters: paths in the table need not be text. */
  private static final Charset LATIN = StandardCharsets.ISO_8859_1;

  /** Fields of a line of the table; the type follows the field "-". */
  private static final int DEVICE_FIELD = 2;

  private static final int PATH_FIELD = 4;

  private final Path path;

  private Mountpoint(Path path) {
    this.path = path;
  }

  /**
   * What is mounted at a path.
   *
   * @param minor the minor number of its device, which is also what the kernel calls the connection
   */
  public record Entry(int minor, String type) {}

  /**
   * A directory that can be mounted on.
   *
   * @throws MountException if it is missing, no directory, not empty, or a mount of ours
   */
  public static Mountpoint check(Path directory) throws MountException {
    requireNoMount(directory.toAbsolutePath().normalize());
    try {
      if (!Files.readAttributes(directory, BasicFileAttributes.class).isDirectory()) {
        throw new MountException(Reason.NOT_A_DIRECTORY, directory + " is not a directory");
      }
      Path real = directory.toRealPath();
      requireNoMount(real);
      requireEmpty(real);
      return new Mountpoint(real);
    } catch (MountException refused) {
      throw refused;
    } catch (NoSuchFileException missing) {
      throw new MountException(
          Reason.MISSING, directory + " does not exist: make the directory first");
    } catch (AccessDeniedException denied) {
      throw new MountException(
          Reason.NOT_PERMITTED,
          directory + " may not be looked into by this user: take a directory of your own");
    } catch (IOException failed) {
      throw new MountException(
          Reason.FAILED, directory + " can not be read: " + failed.getMessage(), failed);
    }
  }

  /**
   * One that a mount of ours is on, or was; nothing is looked at.
   *
   * @param path with symbolic links resolved
   */
  public static Mountpoint taken(Path path) {
    return new Mountpoint(path);
  }

  private static void requireNoMount(Path path) throws MountException {
    Optional<Entry> entry = new Mountpoint(path).entry();
    if (entry.isPresent() && entry.get().type().equals(TYPE)) {
      throw new MountException(
          Reason.ALREADY_MOUNTED, path + " is a Pando mount already: unmount it first");
    }
  }

  private static void requireEmpty(Path path) throws IOException {
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(path)) {
      if (entries.iterator().hasNext()) {
        throw new MountException(
            Reason.NOT_EMPTY, path + " is not empty: a mount would hide what is in it");
      }
    }
  }

  /** The path, with symbolic links resolved. */
  public Path path() {
    return path;
  }

  /** What is mounted here, uppermost. */
  public Optional<Entry> entry() throws MountException {
    String wanted = new String(path.toString().getBytes(StandardCharsets.UTF_8), LATIN);
    Optional<Entry> found = Optional.empty();
    try {
      for (String line : Files.readAllLines(MOUNT_TABLE, LATIN)) {
        String[] fields = line.split(" ", -1);
        if (unescape(fields[PATH_FIELD]).equals(wanted)) {
          found = Optional.of(parse(fields));
        }
      }
    } catch (IOException failed) {
      throw new MountException(Reason.FAILED, "the table of mounts can not be read", failed);
    }
    return found;
  }

  private static Entry parse(String[] fields) {
    String device = fields[DEVICE_FIELD];
    int minor = Integer.parseInt(device.substring(device.indexOf(':') + 1));
    int separator = PATH_FIELD + 1;
    while (!fields[separator].equals("-")) {
      separator++;
    }
    return new Entry(minor, fields[separator + 1]);
  }

  /** Undoes the table's {@code \040} for a space and the like. */
  private static String unescape(String field) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int index = 0; index < field.length(); index++) {
      char character = field.charAt(index);
      if (character == '\\') {
        bytes.write(Integer.parseInt(field.substring(index + 1, index + 4), 8));
        index += 3;
      } else {
        bytes.write(character);
      }
    }
    return bytes.toString(LATIN);
  }
}
