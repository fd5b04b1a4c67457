package dev.pando.daemon.vm;

import dev.pando.cowstore.CowStore;
import dev.pando.cowstore.StoreException;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.PandoTree;
import dev.pando.daemon.tree.TreeEdit;
import dev.pando.daemon.vm.cloning.CloneSource;
import dev.pando.daemon.vm.files.Failures;
import dev.pando.daemon.vm.files.Inventory;
import dev.pando.daemon.vm.files.MachineException;
import dev.pando.daemon.vm.files.Reference;
import dev.pando.daemon.vm.files.VmDirectory;
import dev.pando.daemon.vm.running.Activity;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes VMs and earlier generations of templates: the clones of both stand on their own (law 1).
 * All names go in one step; the files are freed behind them. Used under the lock on operations.
 */
final class Removal {
  private static final Logger LOG = LoggerFactory.getLogger(Removal.class);

  private final CowStore store;
  private final PandoTree tree;
  private final Inventory inventory;

  Removal(CowStore store, PandoTree tree, Inventory inventory) {
    this.store = store;
    this.tree = tree;
    this.inventory = inventory;
  }

  /** What goes, each once. */
  private static final class Doomed {
    private final Map<Long, VmDirectory> machines = new LinkedHashMap<>();

    /** Earlier generations by their hidden directories. */
    private final Map<Long, CloneSource> generations = new LinkedHashMap<>();
  }

  /** Removes all, or none: {@code force} also such as run, and parents of clones that stay. */
  void remove(List<String> names, boolean force) throws MachineException {
    if (names.isEmpty()) {
      throw MachineException.usage("No VM was named. Name at least one.");
    }
    Doomed doomed = doomed(names);
    try {
      tree.<Void, MachineException>edit(
          edit -> {
            if (!force) {
              check(doomed);
            }
            detach(edit, doomed);
            return null;
          });
      for (VmDirectory vm : doomed.machines.values()) {
        tree.end(vm.node().number());
        LOG.info("removed {}", vm.name());
      }
      for (CloneSource generation : doomed.generations.values()) {
        LOG.info("removed {}", generation.title());
      }
      store.commit();
    } catch (ErrnoException e) {
      throw Failures.translate(e);
    } catch (StoreException e) {
      throw Failures.translate(e);
    }
  }

  private Doomed doomed(List<String> names) throws MachineException {
    Doomed doomed = new Doomed();
    for (String name : names) {
      OptionalInt generation = Reference.of(inventory, name).generation();
      if (generation.isEmpty()) {
        VmDirectory vm = inventory.find(name);
        doomed.machines.put(vm.node().number(), vm);
        continue;
      }
      CloneSource source = CloneSource.find(inventory, tree.view(), name);
      long directory = source.vm().node().number();
      if (directory == source.node()) {
        throw MachineException.refused(
            "\""
                + source.title()
                + "\" is what the template is now. Remove \""
                + source.name()
                + "\", or thaw it first.");
      }
      doomed.generations.put(directory, source);
    }
    doomed.generations.values().removeIf(source -> doomed.machines.containsKey(source.node()));
    return doomed;
  }

  private static void detach(TreeEdit edit, Doomed doomed) throws ErrnoException {
    for (long vm : doomed.machines.keySet()) {
      edit.detach(vm);
    }
    for (Map.Entry<Long, CloneSource> generation : doomed.generations.entrySet()) {
      edit.release(generation.getValue().node(), generation.getKey());
    }
  }

  private void check(Doomed doomed) throws MachineException, ErrnoException {
    for (VmDirectory vm : doomed.machines.values()) {
      VmDirectory now = VmDirectory.read(tree.view(), vm.name(), vm.node().number());
      Activity activity = Activity.of(tree.view(), now);
      if (activity.isRunning()) {
        throw refused(vm.name(), activity.sentence(vm.name()) + ", or use --force");
      }
    }
    Map<Long, List<Family.Clone>> clones = clones(doomed);
    for (VmDirectory vm : doomed.machines.values()) {
      checkChildless(vm.name(), clones.get(vm.node().number()));
    }
    for (CloneSource source : doomed.generations.values()) {
      List<Family.Clone> ofIt =
          clones.get(source.node()).stream()
              .filter(clone -> clone.generation() == source.generation())
              .toList();
      checkChildless(source.title(), ofIt);
    }
  }

  /** The linked clones that stay, by their parent. */
  private Map<Long, List<Family.Clone>> clones(Doomed doomed) throws ErrnoException {
    Set<Long> parents =
        doomed.generations.values().stream().map(CloneSource::node).collect(Collectors.toSet());
    parents.addAll(doomed.machines.keySet());
    Map<Long, List<Family.Clone>> staying = new Family(tree.view()).clonesOf(parents);
    staying
        .values()
        .forEach(clones -> clones.removeIf(clone -> doomed.machines.containsKey(clone.node())));
    return staying;
  }

  private static void checkChildless(String name, List<Family.Clone> clones)
      throws MachineException {
    if (!clones.isEmpty()) {
      throw refused(
          name,
          Family.sentence(clones)
              + ". They keep all they have without it; use --force if it is to go all the same");
    }
  }

  private static MachineException refused(String name, String why) {
    return MachineException.refused("\"" + name + "\" was not removed: " + why + ".");
  }
}
