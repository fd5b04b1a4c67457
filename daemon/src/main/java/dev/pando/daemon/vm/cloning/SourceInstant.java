package dev.pando.daemon.vm.cloning;

import dev.pando.cowstore.CowFile;
import dev.pando.daemon.tree.Errno;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.PandoTree;
import dev.pando.daemon.tree.TreeEdit;
import dev.pando.daemon.tree.TreeNode;
import dev.pando.daemon.tree.TreeView;
import dev.pando.daemon.vm.files.VmName;
import dev.pando.daemon.vm.making.HiddenFiles;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What the files of a VM held at one instant, whatever is written to them later: forks in hidden
 * directories. Taking it is one small change, so a running guest stands still no longer than that,
 * however many clones are made of it, and however many files it has: of a VM of many files, those
 * that nobody has open for writing are forked before, a few in a step, and what still is as it was
 * forked after that change was so at its instant. What is frozen needs no fork. Used by one thread.
 */
public final class SourceInstant {
  private final PandoTree tree;
  private final ClonePlan plan;
  private final HiddenFiles hidden;

  /** By the inode whose data they hold. */
  private final Map<Long, Long> forks = new HashMap<>();

  private final Set<CowFile> sources = new HashSet<>();

  private SourceInstant(PandoTree tree, ClonePlan plan, HiddenFiles hidden) {
    this.tree = tree;
    this.plan = plan;
    this.hidden = hidden;
  }

  /**
   * Takes it.
   *
   * @param hidden ends the forks when the clones are made
   * @return nothing if the source is not what was planned for any more
   */
  public static Optional<SourceInstant> take(PandoTree tree, ClonePlan plan, HiddenFiles hidden)
      throws ErrnoException {
    SourceInstant instant = new SourceInstant(tree, plan, hidden);
    return instant.take() ? Optional.of(instant) : Optional.empty();
  }

  private boolean take() throws ErrnoException {
    Set<Long> atOnce = new LinkedHashSet<>();
    for (ClonePlan.Item item : plan.items()) {
      TreeNode node = item.file().node();
      if (item.isForked() && node.isRegular()) {
        sources.add(tree.view().file(node.number()));
        if (!node.frozen()) {
          atOnce.add(node.number());
        }
      }
    }
    Set<Long> before = new LinkedHashSet<>();
    if (atOnce.size() > PandoTree.CHANGES_A_STEP) {
      for (long node : atOnce) {
        if (tree.view().writers(node).isEmpty()) {
          before.add(node);
        }
      }
      atOnce.removeAll(before);
      tree.editInSteps(forking(before).iterator());
    }
    while (true) {
      boolean isCurrent =
          tree.<Boolean, ErrnoException>edit(
              edit -> {
                boolean current = plan.isCurrent(tree.view());
                if (current) {
                  for (PandoTree.EditStep<ErrnoException> fork : forking(atOnce)) {
                    fork.edit(edit);
                  }
                }
                return current;
              });
      if (!isCurrent) {
        return false;
      }
      Set<Long> changed = changed(before);
      if (changed.isEmpty()) {
        return true;
      }
      before.removeAll(changed);
      atOnce.addAll(changed);
    }
  }

  /** The changes that fork files into a hidden directory of their own. */
  private List<PandoTree.EditStep<ErrnoException>> forking(Set<Long> nodes) {
    List<PandoTree.EditStep<ErrnoException>> changes = new ArrayList<>();
    if (nodes.isEmpty()) {
      return changes;
    }
    AtomicLong directory = new AtomicLong();
    TreeNode like = plan.source().node();
    changes.add(
        edit -> {
          directory.set(edit.hiddenDirectory(like.mode(), like.userId(), like.groupId()));
          hidden.add(directory.get());
        });
    for (long node : nodes) {
      changes.add(
          edit -> {
            long parent = directory.get();
            byte[] name = VmName.bytes(Long.toString(node));
            forks.put(node, edit.copy(node, parent, name, parent, TreeEdit.Data.FORKED));
          });
    }
    return changes;
  }

  /** Those that are not as they were forked any more. */
  private Set<Long> changed(Set<Long> nodes) throws ErrnoException {
    Set<Long> changed = new LinkedHashSet<>();
    for (long node : nodes) {
      if (!isAsForked(node)) {
        changed.add(node);
      }
    }
    return changed;
  }

  private boolean isAsForked(long node) throws ErrnoException {
    TreeView view = tree.view();
    long fork = forks.get(node);
    try {
      TreeNode now = view.node(node);
      TreeNode then = view.node(fork);
      return view.file(node).isAsForked(view.file(fork))
          && now.mode() == then.mode()
          && now.userId() == then.userId()
          && now.groupId() == then.groupId()
          && now.modifyNanos() == then.modifyNanos();
    } catch (ErrnoException e) {
      if (e.errno() == Errno.ESTALE) {
        return false; // removed: the plan is not current any more
      }
      throw e;
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
