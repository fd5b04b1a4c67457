package dev.pando.daemon.control;

import com.fasterxml.jackson.databind.JsonNode;
import dev.pando.daemon.host.ProcessStart;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The mounts of one user's daemons: a file {@code PID.json} for each in the runtime directory,
 * named after the keeper or, without one, the daemon, and there from when the mount answers until
 * it is gone. An entry whose process is gone was left by a crash and does not count. Thread-safe,
 * also among processes.
 */
public final class MountRegistry {
  private static final String SUFFIX = ".json";

  /** What is named after a process; a log is named after a mount point, which may be a number. */
  private static final Pattern OF_PROCESS =
      Pattern.compile("([0-9]{1,10})\\.(json|sock|tmp|start)");

  /** More than any entry; what is larger is none. */
  private static final long MAX_ENTRY_BYTES = 64 << 10;

  private final Path directory;

  /**
   * @param directory the runtime directory; for reading it need not exist
   */
  public MountRegistry(Path directory) {
    this.directory = directory;
  }

  public Path directory() {
    return directory;
  }

  /** Where the daemon is to answer that lives, or whose keeper lives, in process {@code pid}. */
  public Path socket(long pid) {
    return directory.resolve(pid + ".sock");
  }

  /** Every mount whose daemon is there, ordered by mount point. */
  public List<MountEntry> mounts() {
    return entries(MountEntry::isLive);
  }

  /** Entries of daemons that ended without withdrawing them, ordered by mount point. */
  public List<MountEntry> leftBehind() {
    return entries(entry -> !entry.isLive());
  }

  private List<MountEntry> entries(Predicate<MountEntry> wanted) {
    List<MountEntry> entries = new ArrayList<>();
    for (Path file : files("*" + SUFFIX)) {
      read(file).filter(wanted).ifPresent(entries::add);
    }
    entries.sort(Comparator.comparing(MountEntry::mountpoint));
    return entries;
  }

  /** The mount at {@code mountpoint}, if its daemon is there. */
  public Optional<MountEntry> mountAt(Path mountpoint) {
    return mounts().stream().filter(entry -> entry.mountpoint().equals(mountpoint)).findFirst();
  }

  /**
   * An entry for this process, to be published.
   *
   * @param keeper the process that lets the mount outlive this one, if there is one
   */
  public MountEntry ownEntry(Path mountpoint, Path store, String transport, OptionalLong keeper) {
    long pid = ProcessHandle.current().pid();
    long owner = keeper.orElse(pid);
    return new MountEntry(
        mountpoint,
        store,
        pid,
        started(pid),
        keeper.orElse(0),
        keeper.isPresent() ? started(owner) : 0,
        socket(owner),
        transport);
  }

  private static long started(long pid) {
    return ProcessStart.ticks(pid)
        .orElseThrow(() -> new IllegalStateException("no process " + pid + " in /proc"));
  }

  /** Makes {@code entry} known, whole at once, in place of one of the same owner. */
  public void publish(MountEntry entry) throws IOException {
    Path unfinished = directory.resolve(entry.owner() + ".tmp");
    Files.write(unfinished, JsonRpc.line(entry.toJson()));
    Files.move(unfinished, file(entry.owner()), StandardCopyOption.ATOMIC_MOVE);
  }

  /** Takes {@code entry} away; does nothing if it is not there. */
  public void withdraw(MountEntry entry) throws IOException {
    Files.deleteIfExists(file(entry.owner()));
  }

  /**
   * A directory of this process for files it needs while it starts. What is in it is taken away
   * with what else a process that is gone has left.
   */
  public Path startDirectory() throws IOException {
    return Files.createDirectories(directory.resolve(ProcessHandle.current().pid() + ".start"));
  }

  /** Removes all that daemons have left which are gone: whatever is named after their process. */
  public void removeStale() throws IOException {
    for (Path file : files("[0-9]*.*")) {
      Matcher name = OF_PROCESS.matcher(file.getFileName().toString());
      if (name.matches() && isGone(Long.parseLong(name.group(1)))) {
        remove(file);
      }
    }
  }

  private boolean isGone(long pid) {
    Optional<MountEntry> entry = read(file(pid));
    try {
      return entry.isPresent() ? !entry.get().isLive() : ProcessStart.ticks(pid).isEmpty();
    } catch (UncheckedIOException unknown) {
      return false;
    }
  }

  private static void remove(Path file) throws IOException {
    if (Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) {
      try (DirectoryStream<Path> content = Files.newDirectoryStream(file)) {
        for (Path inside : content) {
          Files.deleteIfExists(inside);
        }
      }
    }
    Files.deleteIfExists(file);
  }

  private Path file(long pid) {
    return directory.resolve(pid + SUFFIX);
  }

  private List<Path> files(String pattern) {
    List<Path> files = new ArrayList<>();
    if (!RuntimeDirectory.isOwn(directory)) {
      return files;
    }
    try (DirectoryStream<Path> found = Files.newDirectoryStream(directory, pattern)) {
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
