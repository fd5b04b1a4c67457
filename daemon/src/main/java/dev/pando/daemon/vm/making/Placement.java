package dev.pando.daemon.vm.making;

import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.FileSystem;
import dev.pando.daemon.tree.TreeEdit;
import dev.pando.daemon.tree.TreeNode;
import dev.pando.daemon.tree.TreeView;
import dev.pando.daemon.vm.files.Failures;
import dev.pando.daemon.vm.files.Inventory;
import dev.pando.daemon.vm.files.MachineException;
import dev.pando.daemon.vm.files.VmName;
import java.util.List;
import java.util.Optional;

/** Where a new VM goes. */
public final class Placement {
  private static final int DIRECTORY_MODE = 0755;

  private final TreeView view;
  private final Inventory inventory;

  public Placement(TreeView view, Inventory inventory) {
    this.view = view;
    this.inventory = inventory;
  }

  /** Whether a VM of this name can be made now: USAGE or REFUSED, and why, if not. */
  public void check(VmName name) throws MachineException {
    if (name.last().indexOf('@') >= 0) {
      throw MachineException.usage(
          "\""
              + name
              + "\" can not be a VM's name: what follows an \"@\" is a generation of a template."
              + " Choose a name without it.");
    }
    long at = FileSystem.ROOT;
    int left = name.components().size();
    for (String component : name.components()) {
      left--;
      if (inventory.contains(at)) {
        throw MachineException.usage(
            "\"" + name + "\" would lie inside another VM. Choose a name outside of it.");
      }
      Optional<TreeNode> next = lookup(at, component);
      if (next.isEmpty()) {
        return;
      }
      if (left > 0 && !next.get().isDirectory()) {
        throw notADirectory(name, component);
      }
      at = next.get().number();
    }
    throw taken(name);
  }

  private Optional<TreeNode> lookup(long directory, String component) throws MachineException {
    try {
      return view.lookup(directory, VmName.bytes(component));
    } catch (ErrnoException e) {
      throw Failures.translate(e);
    }
  }

  /**
   * In the edit that makes the VM: the directory it goes into, which is made if it is missing.
   *
   * @param userId owner of a directory made here, as is its group
   */
  public static long parent(TreeEdit edit, VmName name, int userId, int groupId)
      throws ErrnoException, MachineException {
    List<String> parents = name.components().subList(0, name.components().size() - 1);
    long at = FileSystem.ROOT;
    for (String component : parents) {
      byte[] entry = VmName.bytes(component);
      Optional<Long> next = edit.lookup(at, entry);
      if (next.isPresent() && !edit.isDirectory(next.get())) {
        throw notADirectory(name, component);
      }
      at =
          next.isPresent()
              ? next.get()
              : edit.directory(at, entry, DIRECTORY_MODE, userId, groupId);
    }
    if (edit.lookup(at, VmName.bytes(name.last())).isPresent()) {
      throw taken(name);
    }
    return at;
  }

  private static MachineException taken(VmName name) {
    return MachineException.refused(
        "The name \"" + name + "\" is taken. Choose another, or remove what has it.");
  }

  private static MachineException notADirectory(VmName name, String component) {
    return MachineException.refused(
        "\""
            + name
            + "\" can not be made: \""
            + component
            + "\" is there and is no directory. Choose another name.");
  }
}
