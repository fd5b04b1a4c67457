package dev.pando.daemon.vm.files;

import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.FileSystem;
import dev.pando.daemon.tree.TreeEntry;
import dev.pando.daemon.tree.TreeNode;
import dev.pando.daemon.tree.TreeView;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.StringJoiner;

/** Finds the VMs of a tree: all of them, or one by its name. Thread-safe. */
public final class Inventory {
  private final TreeView view;

  public Inventory(TreeView view) {
    this.view = view;
  }

  /** All VMs, by name. */
  public List<VmDirectory> all() throws MachineException {
    List<VmDirectory> found = new ArrayList<>();
    try {
      collect(FileSystem.ROOT, "", found);
    } catch (ErrnoException e) {
      throw Failures.translate(e);
    }
    found.sort((a, b) -> a.name().compareTo(b.name()));
    return found;
  }

  private void collect(long directory, String prefix, List<VmDirectory> found)
      throws ErrnoException, MachineException {
    for (TreeEntry entry : view.entries(directory)) {
      if (!entry.node().isDirectory()) {
        continue;
      }
      String name = prefix + entry.name();
      long node = entry.node().number();
      Optional<Optional<VmDirectory>> vm = Look.at(view, node, () -> vmAt(name, node));
      if (vm.isPresent() && vm.get().isPresent()) {
        found.add(vm.get().get());
      } else if (vm.isPresent()) {
        Look.at(view, node, () -> below(node, name)).ifPresent(found::addAll);
      } // else it was removed meanwhile, and is no VM any more
    }
  }

  private Optional<VmDirectory> vmAt(String name, long directory)
      throws ErrnoException, MachineException {
    return isVm(directory)
        ? Optional.of(VmDirectory.read(view, name, directory))
        : Optional.empty();
  }

  private List<VmDirectory> below(long directory, String name)
      throws ErrnoException, MachineException {
    List<VmDirectory> found = new ArrayList<>();
    collect(directory, name + "/", found);
    return found;
  }

  private boolean isVm(long directory) throws ErrnoException, MachineException {
    List<VmFile> top =
        view.entries(directory).stream().map(entry -> new VmFile(Optional.empty(), entry)).toList();
    return Layout.of(Contents.ofTree(view, top)).isVm();
  }

  /** The VM of this name; MISSING if there is none, USAGE if there can be none. */
  public VmDirectory find(String text) throws MachineException {
    VmName name = VmName.parse(text);
    try {
      long at = FileSystem.ROOT;
      for (String component : name.components()) {
        Optional<TreeNode> next = view.lookup(at, VmName.bytes(component));
        if (next.isEmpty() || !next.get().isDirectory()) {
          throw MachineException.missing(
              "There is no VM \"" + name + "\". \"pando list\" shows all there are.");
        }
        if (at != FileSystem.ROOT && isVm(at)) {
          throw MachineException.missing(
              "\""
                  + name
                  + "\" is a directory inside a VM and none itself. \"pando list\" shows all VMs.");
        }
        at = next.get().number();
      }
      if (!isVm(at)) {
        throw MachineException.missing(
            "\""
                + name
                + "\" is a directory, but no VM: it holds no .vmx, no domain XML and no disk"
                + " image. \"pando list\" shows all VMs.");
      }
      return VmDirectory.read(view, name.toString(), at);
    } catch (ErrnoException e) {
      throw Failures.translate(e);
    }
  }

  /** The directory of this name, whether it is a VM or was one. */
  public Optional<Long> directory(String text) throws MachineException {
    try {
      long at = FileSystem.ROOT;
      for (String component : VmName.parse(text).components()) {
        Optional<TreeNode> next = view.lookup(at, VmName.bytes(component));
        if (next.isEmpty() || !next.get().isDirectory()) {
          return Optional.empty();
        }
        at = next.get().number();
      }
      return Optional.of(at);
    } catch (ErrnoException e) {
      throw Failures.translate(e);
    }
  }

  /** Whether there is a VM of just this name. */
  public boolean has(String text) throws MachineException {
    return nameOfOwner(text).filter(text::equals).isPresent();
  }

  /** The VM that a path of the tree lies in, by its name; nothing if that can not be told. */
  public Optional<String> nameOfOwner(String path) {
    long at = FileSystem.ROOT;
    StringJoiner name = new StringJoiner("/");
    try {
      for (String component : path.split("/", -1)) {
        Optional<TreeNode> next = view.lookup(at, VmName.bytes(component));
        if (next.isEmpty() || !next.get().isDirectory()) {
          return Optional.empty();
        }
        at = next.get().number();
        name.add(component);
        if (isVm(at)) {
          return Optional.of(name.toString());
        }
      }
    } catch (ErrnoException | MachineException e) {
      // it changes meanwhile
    }
    return Optional.empty();
  }

  /** The VM that a directory is, or lies in. */
  public Optional<VmDirectory> ownerOf(long directory) throws MachineException {
    try {
      for (long ancestor : view.ancestors(directory)) {
        if (isVm(ancestor)) {
          String name = view.path(ancestor).orElse("");
          return Optional.of(VmDirectory.read(view, name, ancestor));
        }
      }
      return Optional.empty();
    } catch (ErrnoException e) {
      throw Failures.translate(e);
    }
  }

  /** Whether a directory of the tree is a VM. */
  public boolean contains(long directory) throws MachineException {
    try {
      return directory != FileSystem.ROOT && isVm(directory);
    } catch (ErrnoException e) {
      throw Failures.translate(e);
    }
  }
}
