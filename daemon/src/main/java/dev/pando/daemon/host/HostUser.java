package dev.pando.daemon.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.StringTokenizer;

/**
 * A user by number, with the groups that its processes are in: numbers, for names need not be
 * known, and a host may give one number several.
 *
 * @param uid the effective user id
 * @param gid the effective group id
 * @param groups the supplementary groups
 */
public record HostUser(int uid, int gid, Set<Integer> groups) {
  private static final int ROOT = 0;

  /** In /proc/PID/status: real, effective, saved and file system id; proc(5). */
  private static final int EFFECTIVE = 1;

  private static final HostUser CURRENT = read(Path.of("/proc/self/status"));

  /** The user of this process, as it was when it was first asked for. */
  public static HostUser current() {
    return CURRENT;
  }

  public boolean isRoot() {
    return uid == ROOT;
  }

  /** Whether files of the group {@code id} are files of a group of this user. */
  public boolean isIn(int id) {
    return id == gid || groups.contains(id);
  }

  private static HostUser read(Path status) {
    try {
      String text = Files.readString(status);
      return new HostUser(
          numbers(text, "Uid").get(EFFECTIVE),
          numbers(text, "Gid").get(EFFECTIVE),
          Set.copyOf(numbers(text, "Groups")));
    } catch (IOException e) {
      throw new IllegalStateException("there is no /proc to read", e);
    }
  }

  private static List<Integer> numbers(String status, String field) {
    int start = status.indexOf("\n" + field + ":") + field.length() + 2;
    StringTokenizer words =
        new StringTokenizer(status.substring(start, status.indexOf('\n', start)));
    List<Integer> numbers = new ArrayList<>();
    while (words.hasMoreTokens()) {
      numbers.add(Integer.parseUnsignedInt(words.nextToken()));
    }
    return numbers;
  }
}
