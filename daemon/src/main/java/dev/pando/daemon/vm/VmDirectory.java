package dev.pando.daemon.vm;

import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.Opener;
import dev.pando.daemon.tree.TreeNode;
import dev.pando.daemon.tree.TreeView;
import dev.pando.daemon.vmware.FileKind;
import dev.pando.daemon.vmware.VmFiles;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A VM in the tree, as it was when it was looked at.
 *
 * @param name its path below the root
 * @param node its directory
 * @param files all that is below it
 */
record VmDirectory(String name, TreeNode node, List<VmFile> files, VmRecord record) {
  static VmDirectory read(TreeView view, String name, long directory) throws ErrnoException {
    return new VmDirectory(
        name,
        view.node(directory),
        VmFile.below(view, directory),
        VmRecord.decode(view.attachment(directory)));
  }

  boolean isTemplate() {
    return node.frozen();
  }

  String directoryName() {
    return name.substring(name.lastIndexOf('/') + 1);
  }

  Inspection inspect(TreeView view) throws MachineException {
    Contents contents = Contents.ofTree(view, files);
    return new Inspection(contents, Layout.of(contents), directoryName());
  }

  /** Who has disk images open for writing, each process once. */
  List<Opener> runners(TreeView view) throws ErrnoException {
    List<VmFile> images = files.stream().filter(file -> VmFiles.isDiskImage(file.name())).toList();
    return writers(view, images);
  }

  /** Who has any file open for writing, each process once. */
  List<Opener> writers(TreeView view) throws ErrnoException {
    return writers(view, files);
  }

  private static List<Opener> writers(TreeView view, List<VmFile> files) throws ErrnoException {
    Map<Integer, Opener> writers = new LinkedHashMap<>();
    for (VmFile file : files) {
      if (file.node().isRegular()) {
        for (Opener writer : view.writers(file.node().number())) {
          writers.putIfAbsent(writer.processId(), writer);
        }
      }
    }
    return new ArrayList<>(writers.values());
  }

  /**
   * Whether a hypervisor's lock stands there: a lock directory with something in it, or ESXi's lock
   * file. It says that the VM runs, or crashed; an empty directory says neither.
   */
  boolean isLocked() {
    return files.stream()
        .anyMatch(
            file ->
                file.node().isRegular()
                    && (isLock(file) || file.directory().filter(VmDirectory::isLock).isPresent()));
  }

  private static boolean isLock(VmFile file) {
    return VmFiles.kind(file.name(), "") == FileKind.LOCK;
  }

  long logicalBytes() {
    return regular().mapToLong(TreeNode::sizeBytes).sum();
  }

  long mappedBytes() {
    return regular().mapToLong(TreeNode::mappedBytes).sum();
  }

  long privateBytes() {
    return regular().mapToLong(TreeNode::privateBytes).sum();
  }

  private Stream<TreeNode> regular() {
    return files.stream().map(VmFile::node).filter(TreeNode::isRegular).distinct();
  }
}
