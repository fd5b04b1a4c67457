package dev.pando.daemon.vm.cloning;

import java.util.List;

/**
 * What to clone.
 *
 * @param source the VM, or {@code TEMPLATE@N}, an earlier generation
 * @param targets the clones' names, at least one: all are made, or none
 * @param keepNames whether the clones' files are called as the source's are
 * @param full whether the clones share no block with the source, now and later
 */
public record CloneRequest(String source, List<String> targets, boolean keepNames, boolean full) {
  public CloneRequest {
    targets = List.copyOf(targets);
  }

  /** Linked clones whose files are named after them. */
  public static CloneRequest linked(String source, List<String> targets) {
    return new CloneRequest(source, targets, false, false);
  }
}
