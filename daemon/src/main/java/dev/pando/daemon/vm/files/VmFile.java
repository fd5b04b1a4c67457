package dev.pando.daemon.vm.files;

import dev.pando.daemon.tree.Errno;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.Mode;
import dev.pando.daemon.tree.TreeEntry;
import dev.pando.daemon.tree.TreeNode;
import dev.pando.daemon.tree.TreeView;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A file, directory or link somewhere below a VM's directory.
 *
 * @param directory the subdirectory it lies in; nothing if directly in the VM's
 */
public record VmFile(Optional<VmFile> directory, TreeEntry entry) {
  /**
   * All that is below a directory; a directory comes before what is in it.
   *
   * @throws ErrnoException ESTALE if that directory is gone; one below it that goes away is left
   *     out
   */
  public static List<VmFile> below(TreeView view, long directory) throws ErrnoException {
    List<VmFile> found = new ArrayList<>();
    collect(view, directory, Optional.empty(), found);
    return found;
  }

  private static void collect(
      TreeView view, long node, Optional<VmFile> directory, List<VmFile> found)
      throws ErrnoException {
    for (TreeEntry entry : view.entries(node)) {
      VmFile file = new VmFile(directory, entry);
      found.add(file);
      if (entry.node().isDirectory() && !isCollected(view, file, found)) {
        found.remove(found.size() - 1);
      }
    }
  }

  /** Collects what is in a directory; false if that was removed meanwhile: nothing was added. */
  private static boolean isCollected(TreeView view, VmFile directory, List<VmFile> found)
      throws ErrnoException {
    try {
      collect(view, directory.node().number(), Optional.of(directory), found);
      return true;
    } catch (ErrnoException e) {
      if (e.errno() != Errno.ESTALE) {
        throw e;
      }
      return false;
    }
  }

  public String name() {
    return entry.name();
  }

  public TreeNode node() {
    return entry.node();
  }

  /** Relative to the VM's directory. */
  public String path() {
    return directory.map(parent -> parent.path() + "/").orElse("") + name();
  }

  public boolean isSymlink() {
    return (node().mode() & Mode.TYPE_MASK) == Mode.SYMLINK;
  }

  public boolean isTop() {
    return directory.isEmpty();
  }

  /** Whether {@link #name} means this file: it does not if the name is not UTF-8. */
  public boolean hasPlainName() {
    return Arrays.equals(VmName.bytes(name()), entry.nameBytes());
  }
}
