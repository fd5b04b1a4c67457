package dev.pando.daemon.host;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.file.StandardOpenOption.READ;

import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What the kernel says of a process, or of a thread: its files in proc(5). Immutable, safe for use
 * by several threads.
 *
 * <p>A process may end at any time, and then any call fails: to open a file (ENOENT), to read one
 * that is open (ESRCH), to list a directory (ENOENT), to follow a link (EACCES). All of that, and
 * what this user may not see, is one answer here: there is nothing. An {@link IOException} says
 * that the process may well live and that it can not be told, for instance because this process has
 * too many files open. Whoever wants to know of another process asks in this way.
 */
public final class ProcessFiles {
  private static final Path PROCESSES = Path.of("/proc");
  private static final String NUMBERS = "[1-9]*";

  private final Path directory;

  private ProcessFiles(Path directory) {
    this.directory = directory;
  }

  /** Those of the process with this id, or of the thread; there need be none. */
  public static ProcessFiles of(long id) {
    return new ProcessFiles(PROCESSES.resolve(Long.toString(id)));
  }

  /** Those of all processes, of which any may end meanwhile. */
  public static List<ProcessFiles> all() throws IOException {
    return new ProcessFiles(PROCESSES).numbered(PROCESSES);
  }

  /** Those of its threads; none if it has ended. */
  public List<ProcessFiles> threads() throws IOException {
    return numbered(directory.resolve("task"));
  }

  private List<ProcessFiles> numbered(Path list) throws IOException {
    List<ProcessFiles> found = new ArrayList<>();
    try (DirectoryStream<Path> numbers = Files.newDirectoryStream(list, NUMBERS)) {
      numbers.forEach(number -> found.add(new ProcessFiles(number)));
    } catch (IOException | DirectoryIteratorException failure) {
      requireSilence(failure);
    }
    return found;
  }

  /** The number of the process, or of the thread. */
  public long id() {
    return Long.parseLong(directory.getFileName().toString());
  }

  /** The user who runs it, by number; nothing if it has ended. */
  public OptionalInt owner() throws IOException {
    try {
      return OptionalInt.of((Integer) Files.getAttribute(directory, "unix:uid"));
    } catch (IOException failure) {
      requireSilence(failure);
      return OptionalInt.empty();
    }
  }

  /** The bytes of a file; an ended process that its parent has not asked for has few. */
  public Optional<byte[]> bytes(String file) throws IOException {
    try (SeekableByteChannel open = Files.newByteChannel(directory.resolve(file), READ)) {
      return content(open);
    } catch (IOException failure) {
      requireSilence(failure);
      return Optional.empty();
    }
  }

  /** What is in a file of this process that is open. */
  Optional<byte[]> content(SeekableByteChannel open) throws IOException {
    try {
      return Optional.of(Channels.newInputStream(open).readAllBytes());
    } catch (IOException failure) {
      requireSilence(failure);
      return Optional.empty();
    }
  }

  /** The same with a character for each byte, for names need not be text. */
  public Optional<String> text(String file) throws IOException {
    return bytes(file).map(bytes -> new String(bytes, ISO_8859_1));
  }

  /**
   * What stands behind a name and a colon in {@code status}, without the blanks around it.
   *
   * @param name without the colon
   */
  public Optional<String> status(String name) throws IOException {
    return value("status", name);
  }

  private Optional<String> value(String file, String name) throws IOException {
    String start = name + ":";
    return text(file)
        .flatMap(text -> text.lines().filter(line -> line.startsWith(start)).findFirst())
        .map(line -> line.substring(start.length()).strip());
  }

  /** Where a link leads to, which need not be a path; nothing also if it leads nowhere. */
  public Optional<Path> link(String name) throws IOException {
    return target(directory.resolve(name));
  }

  private Optional<Path> target(Path link) throws IOException {
    try {
      return Optional.of(Files.readSymbolicLink(link));
    } catch (IOException failure) {
      requireSilence(failure);
      return Optional.empty();
    }
  }

  /**
   * Where the links in a directory lead to, for instance {@code fd}: those that there still are.
   */
  public List<Path> links(String name) throws IOException {
    try (DirectoryStream<Path> links = Files.newDirectoryStream(directory.resolve(name))) {
      return targets(links);
    } catch (IOException failure) {
      requireSilence(failure);
      return List.of();
    }
  }

  /**
   * Whether it can be seen to have a file open that has this inode number (Linux 5.14) and, in the
   * directory where it opened it, this name. The file itself is not touched.
   */
  public boolean hasOpen(long inode, String name) throws IOException {
    List<String> descriptors = new ArrayList<>();
    try (DirectoryStream<Path> links = Files.newDirectoryStream(directory.resolve("fd"))) {
      links.forEach(link -> descriptors.add(link.getFileName().toString()));
    } catch (IOException | DirectoryIteratorException failure) {
      requireSilence(failure);
    }
    for (String descriptor : descriptors) {
      Optional<String> target = link("fd/" + descriptor).map(Path::getFileName).map(Path::toString);
      if (target.filter(name::equals).isPresent()
          && value("fdinfo/" + descriptor, "ino")
              .filter(Long.toString(inode)::equals)
              .isPresent()) {
        return true;
      }
    }
    return false;
  }

  /** Where the links lead to in a directory of this process that is open. */
  List<Path> targets(DirectoryStream<Path> links) throws IOException {
    List<Path> targets = new ArrayList<>();
    try {
      for (Path link : links) {
        target(link).ifPresent(targets::add);
      }
    } catch (DirectoryIteratorException failure) {
      requireSilence(failure);
    }
    return targets;
  }

  /** Returns if a failure means that there is no answer, and throws its cause if it does not. */
  private void requireSilence(Exception failure) throws IOException {
    IOException cause =
        failure instanceof DirectoryIteratorException directoryFailure
            ? directoryFailure.getCause()
            : (IOException) failure;
    boolean isSilence =
        cause instanceof NoSuchFileException || cause instanceof AccessDeniedException;
    if (!isSilence && !hasEnded()) {
      throw cause;
    }
  }

  /** Whether it is gone altogether: a failed read of an open file does not tell its errno. */
  private boolean hasEnded() throws IOException {
    try {
      Files.readAttributes(directory, BasicFileAttributes.class);
      return false;
    } catch (NoSuchFileException gone) {
      return true;
    }
  }
}
