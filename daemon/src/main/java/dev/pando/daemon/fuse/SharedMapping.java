package dev.pando.daemon.fuse;

import dev.pando.daemon.host.ProcessFiles;
import dev.pando.daemon.tree.Opener;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A file that a process has mapped with MAP_SHARED, for reading or writing; from proc(5), {@code
 * /proc/PID/maps}, which is read without touching the file.
 *
 * @param node the inode number of the file
 * @param path as the process sees it
 * @param process whose mapping it is
 */
public record SharedMapping(long node, String path, Opener process) {
  /** Bytes as characters: paths need not be text. */
  private static final Charset LATIN = StandardCharsets.ISO_8859_1;

  /** Address, permissions ending in s, offset, device, inode, path; a newline is \012 there. */
  private static final Pattern LINE =
      Pattern.compile("\\S+ ...s \\S+ 00:([0-9a-f]+) (\\d+) +(.*?)(?: \\(deleted\\))?");

  /**
   * All there are of the file system whose device has major number 0 and this minor number, each
   * file once for a process. May wait for a process that is changing its mappings; processes that
   * may not be looked at are left out.
   */
  public static List<SharedMapping> of(int deviceMinor) throws IOException {
    Set<SharedMapping> found = new LinkedHashSet<>();
    long own = ProcessHandle.current().pid();
    for (ProcessFiles process : ProcessFiles.all()) {
      if (process.id() != own) {
        int processId = (int) process.id();
        process
            .text("maps")
            .ifPresent(
                maps ->
                    maps.lines()
                        .forEach(
                            line -> parse(line, processId, deviceMinor).ifPresent(found::add)));
      }
    }
    return List.copyOf(found);
  }

  private static Optional<SharedMapping> parse(String line, int processId, int deviceMinor) {
    Matcher fields = LINE.matcher(line);
    if (!fields.matches() || Integer.parseInt(fields.group(1), 16) != deviceMinor) {
      return Optional.empty();
    }
    byte[] bytes = fields.group(3).replace("\\012", "\n").getBytes(LATIN);
    String path = new String(bytes, StandardCharsets.UTF_8);
    return Optional.of(
        new SharedMapping(Long.parseLong(fields.group(2)), path, Opener.of(processId)));
  }
}
