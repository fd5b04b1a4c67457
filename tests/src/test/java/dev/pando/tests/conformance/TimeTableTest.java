package dev.pando.tests.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.pando.tests.conformance.Posix.Stat;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * Which operation moves which time of what: a table. Access, modification and change are the
 * letters a, m and c; a time that is told under a name is that of the inode that had the name
 * before the operation.
 */
final class TimeTableTest extends VolumeTest {
  /** What every operation finds: names and open files, all with old times. */
  private final Map<String, Integer> watched = new TreeMap<>();

  TimeTableTest(Volume volume) {
    super(volume);
  }

  @Test
  @NotOn(
      value = Volume.JNR_FUSE,
      because = "libfuse 2 has no path to a removed directory or link: fstat gives ENOENT")
  void everyOperationMovesTheTimesItShould() {
    Map<String, Operation> table = new LinkedHashMap<>();
    table.put("stat", row("", d -> Posix.stat(d.resolve("file"))));
    table.put("open", row("", d -> closed(d.resolve("file"), Posix.O_RDWR)));
    table.put("create", row("dir:mc", d -> closed(d.resolve("new"), Posix.O_CREAT)));
    table.put("mkdir", row("dir:mc", d -> Posix.mkdir(d.resolve("new"), 0755)));
    table.put("mknod", row("dir:mc", d -> Posix.mknod(d.resolve("new"), Posix.S_IFIFO, 0)));
    table.put("symlink", row("dir:mc", d -> Posix.symlink(Posix.bytes("x"), d.resolve("new"))));
    table.put("link", row("dir:mc file:c", d -> Posix.link(d.resolve("file"), d.resolve("new"))));
    table.put("unlink", row("dir:mc file:c", d -> Posix.unlink(d.resolve("file"))));
    table.put("rmdir", row("dir:mc empty:c", d -> Posix.rmdir(d.resolve("empty"))));
    table.put(
        "rename", row("dir:mc file:c", d -> Posix.rename(d.resolve("file"), d.resolve("new"))));
    table.put(
        "rename a directory",
        row("dir:mc empty:c", d -> Posix.rename(d.resolve("empty"), d.resolve("new"))));
    table.put(
        "rename elsewhere",
        row("dir:mc file:c full:mc", d -> Posix.rename(d.resolve("file"), d.resolve("full/f"))));
    table.put(
        "rename over a file",
        row("dir:mc file:c other:c", d -> Posix.rename(d.resolve("file"), d.resolve("other"))));
    table.put("chmod", row("file:c", d -> Posix.chmod(d.resolve("file"), 0600)));
    table.put("chmod to the same", row("file:c", d -> Posix.chmod(d.resolve("file"), 0644)));
    table.put("chown", row("file:c", d -> Posix.chown(d.resolve("file"), 5, 5)));
    table.put("chown to the same", row("file:c", d -> Posix.chown(d.resolve("file"), 0, 0)));
    // the kernel asks a FUSE server for nothing there
    String nothing = volume().isPando() ? "" : "file:c";
    table.put("chown of nothing", row(nothing, d -> Posix.chown(d.resolve("file"), -1, -1)));
    table.put(
        "set an attribute",
        row("file:c", d -> Posix.setxattr(d.resolve("file"), "user.a", new byte[1], 0)));
    table.put(
        "remove an attribute",
        row("file:c", d -> Posix.removexattr(d.resolve("file"), "user.there")));
    table.put("truncate", row("file:mc", d -> Posix.truncate(d.resolve("file"), 2)));
    table.put("truncate to more", row("file:mc", d -> Posix.truncate(d.resolve("file"), 9)));
    table.put("truncate to the same", row("file:mc", d -> Posix.truncate(d.resolve("file"), 4)));
    table.put("ftruncate to the same", row("file:mc", d -> Posix.ftruncate(fd("file"), 4)));
    table.put("open and truncate", row("file:mc", d -> closed(d.resolve("file"), Posix.O_TRUNC)));
    table.put("truncate an empty file by open", row("other:mc", d -> truncateEmpty(d)));
    table.put("write", row("file:mc", d -> Posix.pwrite(fd("file"), Posix.bytes("TEXT"), 0)));
    table.put("write to an image", row("a.img:mc", d -> Posix.pwrite(fd("a.img"), new byte[1], 0)));
    table.put("write nothing", row("", d -> Posix.pwrite(fd("file"), new byte[0], 0)));
    table.put("allocate", row("file:mc", d -> Posix.fallocate(fd("file"), 0, 0, 8192)));
    table.put("punch a hole", row("file:mc", d -> Posix.fallocate(fd("file"), 3, 0, 4)));
    table.put("read an image", row("a.img:a", d -> Posix.pread(fd("a.img"), 4, 0)));
    table.put("read beyond the end", row("a.img:a", d -> Posix.pread(fd("a.img"), 4, 100)));
    table.put("list", row("full:a", d -> Listing.names(d.resolve("full"))));
    table.put("follow a link", row("link:a", d -> Posix.stat(d.resolve("link"))));
    table.put("read a link", row("link:a", d -> Posix.readlink(d.resolve("link"))));
    table.put("look up in a directory", row("", d -> Posix.stat(d.resolve("full/inside"))));
    Map<String, String> expected = new LinkedHashMap<>();
    Map<String, String> found = new LinkedHashMap<>();
    for (Map.Entry<String, Operation> row : table.entrySet()) {
      Path d = at(row.getKey().replace(' ', '-'));
      expected.put(row.getKey(), row.getValue().moves());
      found.put(row.getKey(), moved(d, row.getValue()));
    }
    assertEquals(lines(expected), lines(found));
  }

  private static String lines(Map<String, String> table) {
    StringBuilder text = new StringBuilder();
    table.forEach((name, moves) -> text.append(name).append(" | ").append(moves).append('\n'));
    return text.toString();
  }

  /** What is done to a directory, and what it moves. */
  private record Operation(String moves, Deed deed) {}

  private static Operation row(String moves, Deed deed) {
    return new Operation(moves, deed);
  }

  /** A system call or two. */
  private interface Deed {
    void in(Path directory);
  }

  private static void closed(Path path, int flags) {
    Posix.close(Posix.open(path, flags | Posix.O_WRONLY, 0644));
  }

  private static void truncateEmpty(Path directory) {
    closed(directory.resolve("other"), Posix.O_TRUNC);
  }

  private int fd(String name) {
    return watched.get(name);
  }

  private String moved(Path d, Operation operation) {
    Posix.mkdir(d, 0755);
    for (String name : List.of("file", "a.img")) {
      int made = Posix.open(d.resolve(name), Posix.O_CREAT | Posix.O_WRONLY, 0644);
      Posix.pwrite(made, Posix.bytes("text"), 0);
      Posix.close(made);
    }
    closed(d.resolve("other"), Posix.O_CREAT);
    Posix.setxattr(d.resolve("file"), "user.there", new byte[1], 0);
    Posix.mkdir(d.resolve("empty"), 0755);
    Posix.mkdir(d.resolve("full"), 0755);
    closed(d.resolve("full/inside"), Posix.O_CREAT);
    Posix.symlink(Posix.bytes("file"), d.resolve("link"));
    watch(d);
    try {
      Map<String, Stat> before = stats();
      Clock.of(at("clock")).tick();
      operation.deed().in(d);
      return difference(before, stats());
    } finally {
      watched.values().forEach(Posix::close);
      watched.clear();
    }
  }

  private void watch(Path d) {
    for (String name : List.of("file", "other", "a.img")) {
      watched.put(name, Posix.open(d.resolve(name), Posix.O_RDWR));
    }
    for (String name : List.of("empty", "full")) {
      watched.put(name, Posix.open(d.resolve(name), Posix.O_RDONLY));
    }
    watched.put("dir", Posix.open(d, Posix.O_RDONLY));
    watched.put("link", Posix.open(d.resolve("link"), Posix.O_PATH | Posix.O_NOFOLLOW));
    for (String name : List.of("file", "other", "a.img", "empty", "full", "link", ".")) {
      Posix.utimensat(d.resolve(name), 1000, 0, 1000, 0);
    }
  }

  private Map<String, Stat> stats() {
    Map<String, Stat> stats = new TreeMap<>();
    watched.forEach((name, fd) -> stats.put(name, Posix.fstat(fd)));
    return stats;
  }

  private static String difference(Map<String, Stat> before, Map<String, Stat> after) {
    List<String> moves = new ArrayList<>();
    for (String name : List.of("dir", "file", "other", "a.img", "empty", "full", "link")) {
      Stat old = before.get(name);
      Stat now = after.get(name);
      String times =
          (old.accessed().equals(now.accessed()) ? "" : "a")
              + (old.modified().equals(now.modified()) ? "" : "m")
              + (old.changed().equals(now.changed()) ? "" : "c");
      if (!times.isEmpty()) {
        moves.add(name + ":" + times);
      }
    }
    return String.join(" ", moves);
  }
}
