package dev.pando.daemon.vm.cloning;

import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.TreeView;
import dev.pando.daemon.vm.files.Failures;
import dev.pando.daemon.vm.files.Generation;
import dev.pando.daemon.vm.files.Inventory;
import dev.pando.daemon.vm.files.MachineException;
import dev.pando.daemon.vm.files.Reference;
import dev.pando.daemon.vm.files.VmDirectory;

/**
 * What is cloned: a VM as it is, or an earlier generation of a template.
 *
 * @param vm the files to clone; of an earlier generation those of its hidden directory
 * @param node inode of the VM's own directory
 * @param name the VM's name, without a generation
 * @param generation of a template, which one; else 0
 */
public record CloneSource(VmDirectory vm, long node, String name, int generation) {
  /**
   * Finds what {@code text} means: a VM, or with {@code @N} behind its name the generation N of a
   * template, frozen or thawed.
   *
   * @throws MachineException MISSING if there is no such VM or generation
   */
  public static CloneSource find(Inventory inventory, TreeView view, String text)
      throws MachineException {
    Reference reference = Reference.of(inventory, text);
    VmDirectory vm = inventory.find(reference.name());
    int current = vm.isTemplate() ? vm.record().generation() : 0;
    if (reference.generation().isEmpty() || reference.generation().getAsInt() == current) {
      return new CloneSource(vm, vm.node().number(), vm.name(), current);
    }
    int number = reference.generation().getAsInt();
    try {
      for (Generation generation : Generation.of(view, vm.node().number())) {
        if (generation.number() == number) {
          VmDirectory kept = VmDirectory.read(view, vm.name(), generation.directory());
          return new CloneSource(kept, vm.node().number(), vm.name(), number);
        }
      }
    } catch (ErrnoException e) {
      throw Failures.translate(e);
    }
    throw MachineException.missing(
        "\""
            + vm.name()
            + "\" has no generation "
            + number
            + (vm.record().generation() == 0
                ? ": it was never frozen."
                : ". \"pando show " + vm.name() + "\" lists those it has."));
  }

  /** How it is called: with its generation, if it has one. */
  public String title() {
    return generation == 0 ? name : name + "@" + generation;
  }
}
