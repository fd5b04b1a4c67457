package dev.pando.cowstore;

import dev.pando.cowstore.StoreException.Reason;
import dev.pando.cowstore.io.LockFile;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * The directory of a store: FORMAT.md, chapter 1. Held by one process at a time; its file {@code
 * format} says what it is, and in which version of the format.
 */
final class StoreDirectory implements AutoCloseable {
  private static final String FORMAT = "pando-store 3";

  /** Of the version before: {@link Upgrade}. */
  private static final String FORMER_FORMAT = "pando-store 2";

  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rwx------");

  private final Path directory;
  private final LockFile lock;
  private final UUID store;
  private final boolean fresh;
  private boolean former;

  /** Whether the directory itself was made just now. */
  private final boolean made;

  private final OpenMark mark;

  /** Whether the store was not closed before. */
  private final boolean wasOpen;

  private StoreDirectory(Path directory, LockFile lock, Identity identity, boolean made) {
    this.directory = directory;
    this.lock = lock;
    this.store = identity.store;
    this.fresh = identity.fresh;
    this.former = identity.former;
    this.made = made;
    this.mark = new OpenMark(directory);
    this.wasOpen = mark.isSet();
  }

  /** Takes hold of a store, making it if {@code create} and there is nothing yet. */
  static StoreDirectory open(Path directory, boolean create) throws IOException {
    boolean missing = !Files.exists(directory);
    boolean empty = missing || isEmpty(directory);
    if (empty && !create) {
      throw new StoreException(Reason.FORMAT, "there is no store in " + directory);
    }
    if (!empty && !Files.exists(directory.resolve("format")) && !isHalfMade(directory)) {
      throw new StoreException(Reason.FORMAT, directory + " is not a store and not empty");
    }
    try {
      make(directory, missing, empty);
      return hold(directory, missing);
    } catch (StoreException e) {
      throw e;
    } catch (IOException e) {
      String what = empty ? " can not be made: " : " can not be opened: ";
      throw new StoreException(Reason.IO, "the store " + directory + what + reason(e), e);
    }
  }

  /** What VMs hold is their owner's: nobody else may look into a new store. */
  private static void make(Path directory, boolean missing, boolean empty) throws IOException {
    if (missing) {
      Path parent = directory.toAbsolutePath().getParent();
      if (parent != null) {
        Files.createDirectories(parent);
      }
      Files.createDirectory(directory, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
    } else if (empty) {
      Files.setPosixFilePermissions(directory, OWNER_ONLY);
    }
  }

  private static StoreDirectory hold(Path directory, boolean made) throws IOException {
    LockFile lock =
        LockFile.tryHold(directory.resolve("lock"))
            .orElseThrow(
                () -> new StoreException(Reason.IN_USE, "the store " + directory + " is in use"));
    try {
      return identify(directory, lock, made);
    } catch (IOException e) {
      lock.close();
      throw e;
    }
  }

  private static StoreDirectory identify(Path directory, LockFile lock, boolean made)
      throws IOException {
    Path format = directory.resolve("format");
    boolean fresh = !Files.exists(format);
    try {
      Identity identity =
          fresh ? new Identity(newStore(directory), true, false) : readFormat(format);
      return new StoreDirectory(directory, lock, identity, made);
    } catch (IOException e) {
      if (fresh) {
        remove(directory, made);
      }
      throw e;
    }
  }

  /** The system's own words, without the path that the message begins with. */
  private static String reason(IOException e) {
    return e instanceof FileSystemException failure && failure.getReason() != null
        ? failure.getReason()
        : e.getMessage();
  }

  /** Takes away what is in a store's directory, and the directory itself if it was made for it. */
  private static void remove(Path directory, boolean made) throws IOException {
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        if (made || !path.equals(directory)) {
          Files.delete(path);
        }
      }
    }
  }

  private static boolean isEmpty(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.findAny().isEmpty();
    }
  }

  /** A store whose making was broken off before it held anything. */
  private static boolean isHalfMade(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .map(file -> file.getFileName().toString())
          .allMatch(name -> name.equals("lock") || name.equals("format.new"));
    }
  }

  /**
   * What the file {@code format} says.
   *
   * @param fresh it was made just now
   * @param former it is of the version before
   */
  private record Identity(UUID store, boolean fresh, boolean former) {}

  private static UUID newStore(Path directory) throws IOException {
    UUID store = UUID.randomUUID();
    writeFormat(directory, store);
    return store;
  }

  /** Renamed into place when it is durable, so that it is there whole or not at all. */
  private static void writeFormat(Path directory, UUID store) throws IOException {
    Path unfinished = directory.resolve("format.new");
    Files.write(unfinished, List.of(FORMAT, store.toString()));
    sync(unfinished, StandardOpenOption.WRITE);
    Files.move(unfinished, directory.resolve("format"), StandardCopyOption.ATOMIC_MOVE);
    sync(directory, StandardOpenOption.READ);
  }

  /** Whether the store is of the version before this program's. */
  boolean isFormer() {
    return former;
  }

  /** From now on it is of this program's version: a program of the one before refuses it. */
  void upgrade() throws IOException {
    writeFormat(directory, store);
    former = false;
  }

  private static void sync(Path path, StandardOpenOption mode) throws IOException {
    try (FileChannel channel = FileChannel.open(path, mode)) {
      channel.force(true);
    }
  }

  /** Looks whether this program knows the format of the store in a directory; takes no hold. */
  static void checkFormat(Path directory) throws IOException {
    Identity unused = readFormat(directory.resolve("format"));
  }

  private static Identity readFormat(Path format) throws IOException {
    List<String> lines = Files.readAllLines(format);
    String found = lines.isEmpty() ? "nothing" : lines.get(0);
    if (!found.equals(FORMAT) && !found.equals(FORMER_FORMAT)) {
      throw new StoreException(
          Reason.FORMAT,
          "store format is \"" + found + "\", this program knows \"" + FORMAT + "\"");
    }
    try {
      return new Identity(UUID.fromString(lines.get(1)), false, found.equals(FORMER_FORMAT));
    } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
      throw new StoreException(Reason.FORMAT, "the store's id is missing from " + format, e);
    }
  }

  /**
   * Takes the store for this process: from here on it counts as open.
   *
   * @throws StoreException LOSS if it is a copy of a store that was open, unless that is accepted
   */
  void claim(boolean acceptLoss) throws IOException {
    if (mark.isOfAnother() && !acceptLoss) {
      throw new StoreException(
          Reason.LOSS,
          directory
              + " was copied while its store was mounted, or moved to another file system after a"
              + " crash, and may hold parts of different moments: use the original, or copy that"
              + " again when it is not mounted (mount --accept-loss opens this as it is)");
    }
    mark.set();
  }

  /** The store was closed: nothing of it is written any more. */
  void closed() throws IOException {
    mark.remove();
  }

  /** The store's id. */
  UUID store() {
    return store;
  }

  /** Whether the store was made just now. */
  boolean isFresh() {
    return fresh;
  }

  Path path() {
    return directory;
  }

  Path catalog() {
    return directory.resolve("catalog");
  }

  Path segments() {
    return directory.resolve("segments");
  }

  /** Where blocks were seen; may be removed at any time while the store is not open. */
  Path index() {
    return directory.resolve("index");
  }

  Path journal() {
    return directory.resolve("journal");
  }

  /** Lets go of a store that could not be opened. Of one that was made just now nothing stays. */
  void abandon() throws IOException {
    try (this) {
      if (fresh) {
        remove(directory, made);
      } else if (!wasOpen) {
        mark.remove();
      }
    }
  }

  @Override
  public void close() {
    lock.close();
  }
}
