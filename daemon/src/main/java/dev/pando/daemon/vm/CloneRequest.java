package dev.pando.daemon.vm;

import java.util.List;

/**
 * What to clone.
 *
 * @param source the VM
 * @param targets the clones' names, at least one: all are made, or none
 * @param keepNames whether the clones' files are called as the source's are
 */
public record CloneRequest(String source, List<String> targets, boolean keepNames) {
  public CloneRequest {
    targets = List.copyOf(targets);
  }
}
