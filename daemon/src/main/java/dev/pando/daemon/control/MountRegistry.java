package dev.pando.daemon.control;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The mounts of one user's daemons: a file {@code PID.json} for each in the runtime directory,
 * there from when the mount answers until it is gone. An entry whose process is gone was left by a
 * crash and does not count. Thread-safe, also among processes.
 */
public final class MountRegistry {
  private static final String SUFFIX = ".json";

  /** More than any entry; what is larger is none. */
  private static final long MAX_ENTRY_BYTES = 64 << 10;

  private final Path directory;

  /**
   * @param directory the runtime directory; for reading it need not exist
   */
  public MountRegistry(Path directory) {
    this.directory = directory;
  }

  /** Where the daemon {@code pid} is to answer. */
  public Path socket(long pid) {
    return directory.resolve(pid + ".sock");
  }

  /** Every mount whose daemon is there, ordered by mount point. */
  public List<MountEntry> mounts() {
    List<MountEntry> live = new ArrayList<>();
    for (Path file : entryFiles()) {
      read(file).filter(MountEntry::isLive).ifPresent(live::add);
    }
    live.sort(Comparator.comparing(MountEntry::mountpoint));
    return live;
  }

  /** The mount at {@code mountpoint}, if its daemon is there. */
  public Optional<MountEntry> mountAt(Path mountpoint) {
    return mounts().stream().filter(entry -> entry.mountpoint().equals(mountpoint)).findFirst();
  }

  /** An entry for this process, to be published. */
  public MountEntry ownEntry(Path mountpoint, Path store, String transport) {
    long pid = ProcessHandle.current().pid();
    long started =
        ProcessStart.ticks(pid).orElseThrow(() -> new IllegalStateException("no /proc to read"));
    return new MountEntry(mountpoint, store, pid, started, socket(pid), transport);
  }

  /** Makes {@code entry} known, whole at once, in place of one of the same process. */
  public void publish(MountEntry entry) throws IOException {
    Path unfinished =
        Files.createTempFile(
            directory,
            "entry-",
            ".tmp",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try {
      Files.write(unfinished, JsonRpc.line(entry.toJson()));
      Files.move(unfinished, file(entry.pid()), StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(unfinished);
    }
  }

  /** Takes {@code entry} away; does nothing if it is not there. */
  public void withdraw(MountEntry entry) throws IOException {
    Files.deleteIfExists(file(entry.pid()));
  }

  /** Removes the entries and sockets of daemons that are gone. */
  public void removeStale() throws IOException {
    for (Path file : entryFiles()) {
      Optional<MountEntry> entry = read(file);
      if (entry.isPresent() && !entry.get().isLive()) {
        Files.deleteIfExists(file);
        Files.deleteIfExists(socket(entry.get().pid()));
      }
    }
  }

  private Path file(long pid) {
    return directory.resolve(pid + SUFFIX);
  }

  private List<Path> entryFiles() {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> found = Files.newDirectoryStream(directory, "*" + SUFFIX)) {
      found.forEach(files::add);
    } catch (IOException nobodyWasHere) {
      return List.of();
    }
    return files;
  }

  /** What can not be read is no entry: it may vanish under our eyes. */
  private static Optional<MountEntry> read(Path file) {
    try {
      if (Files.size(file) > MAX_ENTRY_BYTES) {
        return Optional.empty();
      }
      JsonNode json = JsonRpc.parse(Files.readAllBytes(file));
      return MountEntry.fromJson(json);
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
