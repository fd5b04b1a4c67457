package dev.pando.daemon.vm;

import dev.pando.cowstore.CowStore;
import dev.pando.cowstore.StoreException;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.PandoTree;
import dev.pando.daemon.vmware.Identity;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Linked clones. In the order of things: the texts of every clone are rewritten in memory; one
 * change makes all clones as hidden directories, with forks of the disks as of one instant; their
 * texts are written and made durable; one change gives all of them their names. What goes wrong
 * before that leaves nothing. Used under the lock on operations.
 */
final class Cloning {
  private static final Logger LOG = LoggerFactory.getLogger(Cloning.class);

  /** How often a source whose texts change while they are read is read again. */
  private static final int MAX_TRIES = 5;

  private final CowStore store;
  private final PandoTree tree;
  private final Inventory inventory;
  private final Placement placement;

  Cloning(CowStore store, PandoTree tree, Inventory inventory, Placement placement) {
    this.store = store;
    this.tree = tree;
    this.inventory = inventory;
    this.placement = placement;
  }

  /** Makes the clones and returns their names. */
  List<String> clone(CloneRequest request) throws MachineException {
    List<VmName> targets = targets(request);
    for (int tries = 0; tries < MAX_TRIES; tries++) {
      VmDirectory source = inventory.find(request.source());
      try {
        ClonePlan plan = ClonePlan.of(tree.view(), source, request.keepNames());
        for (VmName target : targets) {
          placement.check(target);
        }
        if (make(plan, targets)) {
          log(source, targets);
          return targets.stream().map(VmName::toString).toList();
        }
      } catch (UnsoundException e) {
        throw MachineException.refused(
            "\""
                + source.name()
                + "\" can not be cloned: "
                + e.getMessage()
                + ". Put that right and try again.");
      } catch (ErrnoException e) {
        throw Failures.translate(e);
      } catch (StoreException e) {
        throw Failures.translate(e);
      }
    }
    throw MachineException.refused(
        "\""
            + request.source()
            + "\" can not be cloned: its configuration was changed again and again meanwhile. Try"
            + " again when nobody edits it.");
  }

  private static void log(VmDirectory source, List<VmName> clones) {
    if (clones.size() == 1) {
      LOG.info("cloned {} to {}", source.name(), clones.get(0));
    } else {
      VmName last = clones.get(clones.size() - 1);
      LOG.info("made {} clones of {}, {} to {}", clones.size(), source.name(), clones.get(0), last);
    }
  }

  private static List<VmName> targets(CloneRequest request) throws MachineException {
    if (request.targets().isEmpty()) {
      throw MachineException.usage("No name was given for the clone. Name at least one.");
    }
    List<VmName> targets = new ArrayList<>();
    Set<VmName> seen = new HashSet<>();
    for (String text : request.targets()) {
      VmName target = VmName.parse(text);
      if (!seen.add(target)) {
        throw MachineException.usage(
            "The name \"" + target + "\" was given twice. Give each clone its own.");
      }
      targets.add(target);
    }
    for (VmName target : targets) {
      for (int length = 1; length < target.components().size(); length++) {
        if (seen.contains(new VmName(target.components().subList(0, length)))) {
          throw MachineException.usage(
              "\"" + target + "\" would lie inside another of the clones. Choose another name.");
        }
      }
    }
    return targets;
  }

  /** Makes the clones of a plan; false if the source is not what was planned for any more. */
  private boolean make(ClonePlan plan, List<VmName> targets)
      throws MachineException, UnsoundException, ErrnoException, StoreException {
    List<CloneDraft> drafts = drafts(plan, targets);
    flushCaches(plan);
    try (HiddenFiles hidden = new HiddenFiles(tree)) {
      boolean current =
          tree.edit(
              edit -> {
                if (!plan.isCurrent(tree.view())) {
                  return false;
                }
                for (CloneDraft draft : drafts) {
                  draft.build(edit);
                }
                return true;
              });
      if (!current) {
        return false;
      }
      drafts.forEach(draft -> hidden.add(draft.directory()));
      for (CloneDraft draft : drafts) {
        draft.write(tree.view(), hidden);
      }
      hidden.sync();
      tree.<Void, MachineException>edit(
          edit -> {
            for (CloneDraft draft : drafts) {
              draft.link(edit);
            }
            return null;
          });
      hidden.keep();
    }
    store.commit();
    return true;
  }

  private List<CloneDraft> drafts(ClonePlan plan, List<VmName> targets)
      throws MachineException, UnsoundException {
    List<Identity> identities = new Identities(tree.view()).next(targets.size());
    List<CloneDraft> drafts = new ArrayList<>();
    for (int i = 0; i < targets.size(); i++) {
      drafts.add(CloneDraft.of(plan, targets.get(i), identities.get(i)));
    }
    return drafts;
  }

  /** What a running VM wrote through a mapping is with the kernel: it is part of the clone. */
  private void flushCaches(ClonePlan plan) throws ErrnoException {
    for (VmFile file : plan.source().files()) {
      long node = file.node().number();
      if (file.node().isRegular() && !tree.view().writers(node).isEmpty()) {
        tree.invalidate(node);
      }
    }
  }
}
