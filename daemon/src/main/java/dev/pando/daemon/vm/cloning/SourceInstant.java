package dev.pando.daemon.vm.cloning;

import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.PandoTree;
import dev.pando.daemon.tree.TreeEdit;
import dev.pando.daemon.tree.TreeNode;
import dev.pando.daemon.vm.files.VmName;
import dev.pando.daemon.vm.making.HiddenFiles;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What the files of a VM held at one instant, whatever is written to them later: forks in a hidden
 * directory. Taking it is one small change, so a running guest stands still no longer than that,
 * however many clones are made of it. What is frozen needs no fork. Used by one thread.
 */
public final class SourceInstant {
  private final Map<Long, Long> forks = new HashMap<>();

  private SourceInstant() {}

  /**
   * Takes it.
   *
   * @param hidden ends the forks when the clones are made
   * @return nothing if the source is not what was planned for any more
   */
  public static Optional<SourceInstant> take(PandoTree tree, ClonePlan plan, HiddenFiles hidden)
      throws ErrnoException {
    SourceInstant instant = new SourceInstant();
    Optional<Long> directory =
        tree.<Optional<Long>, ErrnoException>edit(
            edit ->
                plan.isCurrent(tree.view())
                    ? Optional.of(instant.fork(edit, plan))
                    : Optional.empty());
    directory.ifPresent(hidden::add);
    return directory.map(made -> instant);
  }

  private long fork(TreeEdit edit, ClonePlan plan) throws ErrnoException {
    TreeNode like = plan.source().node();
    long directory = edit.hiddenDirectory(like.mode(), like.userId(), like.groupId());
    for (ClonePlan.Item item : plan.items()) {
      TreeNode node = item.file().node();
      if (item.isForked()
          && node.isRegular()
          && !node.frozen()
          && !forks.containsKey(node.number())) {
        byte[] name = VmName.bytes(Integer.toString(forks.size()));
        long fork = edit.copy(node.number(), directory, name, directory, TreeEdit.Data.FORKED);
        forks.put(node.number(), fork);
      }
    }
    return directory;
  }

  /** The inode that holds what {@code node} held. */
  public long of(TreeNode node) {
    return forks.getOrDefault(node.number(), node.number());
  }
}
