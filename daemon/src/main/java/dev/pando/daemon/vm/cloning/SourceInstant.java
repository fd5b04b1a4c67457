package dev.pando.daemon.vm.cloning;

import dev.pando.cowstore.CowFile;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.PandoTree;
import dev.pando.daemon.tree.TreeEdit;
import dev.pando.daemon.tree.TreeNode;
import dev.pando.daemon.tree.TreeView;
import dev.pando.daemon.vm.files.VmName;
import dev.pando.daemon.vm.making.HiddenFiles;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What the files of a VM held at one instant, whatever is written to them later: forks in a hidden
 * directory. Taking it is one small change, so a running guest stands still no longer than that,
 * however many clones are made of it. What is frozen needs no fork. Used by one thread.
 */
public final class SourceInstant {
  private final Map<Long, Long> forks = new HashMap<>();
  private final Set<CowFile> sources = new HashSet<>();

  /** Where the forks are; none if nothing had to be forked. */
  private Optional<Long> directory = Optional.empty();

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
    boolean taken =
        tree.<Boolean, ErrnoException>edit(
            edit -> {
              boolean current = plan.isCurrent(tree.view());
              if (current) {
                instant.fork(edit, tree.view(), plan);
              }
              return current;
            });
    instant.directory.ifPresent(hidden::add);
    return taken ? Optional.of(instant) : Optional.empty();
  }

  private void fork(TreeEdit edit, TreeView view, ClonePlan plan) throws ErrnoException {
    for (ClonePlan.Item item : plan.items()) {
      TreeNode node = item.file().node();
      if (!item.isForked() || !node.isRegular()) {
        continue;
      }
      sources.add(view.file(node.number()));
      if (!node.frozen() && !forks.containsKey(node.number())) {
        if (directory.isEmpty()) {
          TreeNode like = plan.source().node();
          directory = Optional.of(edit.hiddenDirectory(like.mode(), like.userId(), like.groupId()));
        }
        long parent = directory.get();
        byte[] name = VmName.bytes(Integer.toString(forks.size()));
        long fork = edit.copy(node.number(), parent, name, parent, TreeEdit.Data.FORKED);
        forks.put(node.number(), fork);
      }
    }
  }

  /** The files whose data it is. */
  public Set<CowFile> sources() {
    return sources;
  }

  /** The inode that holds what {@code node} held. */
  public long of(TreeNode node) {
    return forks.getOrDefault(node.number(), node.number());
  }
}
