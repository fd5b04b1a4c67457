package dev.pando.daemon.memory;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the kernel says of the memory that this process, and those beside it, can have: that of the
 * machine (proc(5), {@code /proc/meminfo}), or less where a control group has a limit
 * (Documentation/admin-guide/cgroup-v2.rst, {@code memory.max}; version 1, {@code
 * memory.limit_in_bytes}).
 *
 * @param totalBytes how much there is
 * @param availableBytes how much of it could be given to programs without swapping
 * @param isLimited whether a control group says so, and not the machine
 */
public record MeasuredMemory(long totalBytes, long availableBytes, boolean isLimited) {
  private static final Pattern LINE = Pattern.compile("(\\w+):\\s+(\\d{1,15}) kB.*");
  private static final Pattern NUMBER = Pattern.compile("\\d{1,18}");

  /** The host, now. */
  public static MeasuredMemory now() throws IOException {
    return read(Path.of("/"));
  }

  /**
   * @param root what stands for {@code /}
   */
  static MeasuredMemory read(Path root) throws IOException {
    String meminfo = Files.readString(root.resolve("proc/meminfo"));
    long total = kibibytes(meminfo, "MemTotal");
    long available = kibibytes(meminfo, "MemAvailable");
    boolean isLimited = false;
    for (String line : lines(root.resolve("proc/self/cgroup"))) {
      String[] fields = line.split(":", 3);
      if (fields.length < 3) {
        continue;
      }
      boolean isVersion1 = List.of(fields[1].split(",")).contains("memory");
      if (!isVersion1 && !fields[1].isEmpty()) {
        continue;
      }
      Path top = root.resolve("sys/fs/cgroup").resolve(isVersion1 ? "memory" : ".").normalize();
      String limitName = isVersion1 ? "memory.limit_in_bytes" : "memory.max";
      String usageName = isVersion1 ? "memory.usage_in_bytes" : "memory.current";
      Path group = top.resolve(fields[2].substring(1)).normalize();
      while (group.startsWith(top)) {
        OptionalLong limit = number(group.resolve(limitName));
        if (limit.isPresent() && limit.getAsLong() < total) {
          total = limit.getAsLong();
          isLimited = true;
          long used = number(group.resolve(usageName)).orElse(0) - reclaimable(group, isVersion1);
          available = Math.min(available, Math.max(0, total - used));
        }
        group = group.getParent();
      }
    }
    return new MeasuredMemory(total, available, isLimited);
  }

  private static long kibibytes(String meminfo, String name) throws IOException {
    for (String line : meminfo.split("\n", -1)) {
      Matcher matcher = LINE.matcher(line);
      if (matcher.matches() && matcher.group(1).equals(name)) {
        return Long.parseLong(matcher.group(2)) << 10;
      }
    }
    throw new IOException("/proc/meminfo has no line " + name);
  }

  /** Pages of files that were not used lately: given up before anything is refused. */
  private static long reclaimable(Path group, boolean isVersion1) {
    String name = isVersion1 ? "total_inactive_file" : "inactive_file";
    for (String line : lines(group.resolve("memory.stat"))) {
      String[] words = line.split(" ", 2);
      if (words.length == 2 && words[0].equals(name) && NUMBER.matcher(words[1]).matches()) {
        return Long.parseLong(words[1]);
      }
    }
    return 0;
  }

  private static OptionalLong number(Path file) {
    Optional<String> text = lines(file).stream().findFirst();
    return text.filter(digits -> NUMBER.matcher(digits).matches()).isPresent()
        ? OptionalLong.of(Long.parseLong(text.get()))
        : OptionalLong.empty();
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException missing) {
      return List.of();
    }
  }
}
