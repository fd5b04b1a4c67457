package dev.pando.daemon.qemu;

import java.util.Optional;
import java.util.Set;

/**
 * The files of a VM, found by what a description calls them. A description may have been written
 * where the VM lay before, so of an absolute path the longest end that is one of the VM's files
 * counts: {@code /srv/web/disks/a.raw} is {@code disks/a.raw} if there is one, else {@code a.raw}.
 *
 * @param paths relative to the VM's directory
 */
public record OwnFiles(Set<String> paths) {
  /** The file, by its path relative to the VM's directory; nothing if it is none of the VM's. */
  public Optional<String> find(String path) {
    String end = path.startsWith("./") ? path.substring(2) : path;
    while (true) {
      if (paths.contains(end)) {
        return Optional.of(end);
      }
      int slash = end.indexOf('/');
      if (slash < 0) {
        return Optional.empty();
      }
      end = end.substring(slash + 1);
    }
  }
}
