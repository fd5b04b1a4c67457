package dev.pando.daemon.vm.running;

import dev.pando.cowstore.CowFile;
import dev.pando.cowstore.StoreException;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.PandoTree;
import dev.pando.daemon.vm.files.Inspection;
import dev.pando.daemon.vm.files.MachineException;
import dev.pando.daemon.vm.files.VmDirectory;
import dev.pando.daemon.vm.files.VmName;
import java.util.Locale;
import java.util.Optional;

/** The file that VMware swaps a VM's memory to: as large as the VM may need, and all holes. */
final class SwapFile {
  private static final String SUFFIX = ".vswp";

  private static final int MODE = 0600;

  private SwapFile() {}

  static boolean isOne(String name) {
    return name.toLowerCase(Locale.ROOT).endsWith(SUFFIX);
  }

  /** Makes one in a VM's directory, in place of one that was left there. */
  static void make(PandoTree tree, VmDirectory vm, long bytes)
      throws ErrnoException, MachineException, StoreException {
    byte[] name = name(tree, vm);
    long directory = vm.node().number();
    long made =
        tree.<Long, MachineException>edit(
            edit -> {
              Optional<Long> old = edit.lookup(directory, name);
              if (old.isPresent() && edit.isDirectory(old.get())) {
                throw MachineException.refused(
                    "\"%s\" can not get a swap file: a directory has its name."
                        .formatted(vm.name()));
              }
              if (old.isPresent()) {
                edit.unlink(directory, name);
              }
              return edit.file(
                  directory, name, MODE, vm.node().userId(), vm.node().groupId(), directory);
            });
    CowFile file = tree.view().file(made);
    file.resize(bytes);
    tree.invalidate(made);
  }

  /** Removes it, if it is there. */
  static void remove(PandoTree tree, VmDirectory vm) throws ErrnoException, MachineException {
    byte[] name = name(tree, vm);
    long directory = vm.node().number();
    tree.<Void, ErrnoException>edit(
        edit -> {
          Optional<Long> file = edit.lookup(directory, name);
          if (file.isPresent() && !edit.isDirectory(file.get())) {
            edit.unlink(directory, name);
          }
          return null;
        });
  }

  private static byte[] name(PandoTree tree, VmDirectory vm) throws MachineException {
    Inspection inspection = vm.inspect(tree.view());
    return VmName.bytes(inspection.stem() + SUFFIX);
  }
}
