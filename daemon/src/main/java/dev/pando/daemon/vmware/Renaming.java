package dev.pando.daemon.vmware;

import java.util.Collection;
import java.util.HashSet;
import java.util.Set;

/**
 * How the files of a VM are called in its clone: names equal to the stem, or beginning with the
 * stem and {@code .} or {@code -}, take the clone's; others keep theirs. Immutable.
 */
public final class Renaming {
  private static final Renaming NONE = new Renaming("", "");

  private final String oldStem;
  private final String newStem;

  private Renaming(String oldStem, String newStem) {
    this.oldStem = oldStem;
    this.newStem = newStem;
  }

  /** Files named after {@code oldStem} are to be named after {@code newStem}; neither is empty. */
  public static Renaming of(String oldStem, String newStem) {
    if (oldStem.isEmpty() || newStem.isEmpty()) {
      throw new IllegalArgumentException(
          "a stem is empty: \"" + oldStem + "\", \"" + newStem + "\"");
    }
    return oldStem.equals(newStem) ? NONE : new Renaming(oldStem, newStem);
  }

  /** All names stay. */
  public static Renaming none() {
    return NONE;
  }

  /** Whether all names stay. */
  public boolean isNone() {
    return this == NONE;
  }

  /** The clone's name for a file or directory that lies directly in the VM's directory. */
  public String rename(String fileName) {
    if (isNone() || !fileName.startsWith(oldStem)) {
      return fileName;
    }
    String rest = fileName.substring(oldStem.length());
    return rest.isEmpty() || rest.startsWith(".") || rest.startsWith("-")
        ? newStem + rest
        : fileName;
  }

  /** Whether two of {@code fileNames} would get one name: then all names must stay. */
  public boolean collides(Collection<String> fileNames) {
    Set<String> seen = new HashSet<>();
    return fileNames.stream().map(this::rename).anyMatch(name -> !seen.add(name));
  }

  /**
   * The clone's form of a reference that stands in a VM's file. A relative path is renamed where it
   * passes the VM's directory; of an absolute one, or one that leaves the directory, only the last
   * component stays, because the clone has that file beside it.
   */
  String renamePath(String path) {
    if (FilePath.leavesDirectory(path)) {
      return rename(FilePath.lastComponent(path));
    }
    String relative = FilePath.withoutCurrentDirectory(path);
    int slash = relative.indexOf('/');
    return slash < 0
        ? rename(relative)
        : rename(relative.substring(0, slash)) + relative.substring(slash);
  }
}
