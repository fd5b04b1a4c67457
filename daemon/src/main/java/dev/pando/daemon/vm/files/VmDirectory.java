package dev.pando.daemon.vm.files;

import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.TreeNode;
import dev.pando.daemon.tree.TreeView;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A VM in the tree, as it was when it was looked at.
 *
 * @param name its path below the root
 * @param node its directory
 * @param files all that is below it
 */
public record VmDirectory(String name, TreeNode node, List<VmFile> files, VmRecord record) {
  public static VmDirectory read(TreeView view, String name, long directory) throws ErrnoException {
    return new VmDirectory(
        name,
        view.node(directory),
        VmFile.below(view, directory),
        VmRecord.decode(view.attachment(directory, VmRecord.PART)));
  }

  /** What is found out about a VM by looking at its files. */
  @FunctionalInterface
  public interface Question<T> {
    /** Looks at them; fails as if a file had gone away if one did. */
    T of(VmDirectory vm) throws ErrnoException, MachineException;
  }

  /**
   * The answer to a question about this VM, or, if files of it went away, about what it is by then.
   *
   * @return nothing if the VM itself went away
   */
  public <T> Optional<T> ask(TreeView view, Question<T> question)
      throws ErrnoException, MachineException {
    try {
      return Optional.of(question.of(this));
    } catch (ErrnoException | MachineException e) {
      if (!Failures.isRemoval(e)) {
        throw e;
      }
      long directory = node.number();
      return Look.at(view, directory, () -> question.of(read(view, name, directory)));
    }
  }

  public boolean isTemplate() {
    return node.frozen();
  }

  public String directoryName() {
    return name.substring(name.lastIndexOf('/') + 1);
  }

  public Inspection inspect(TreeView view) throws MachineException {
    Contents contents = Contents.ofTree(view, files);
    return new Inspection(contents, Layout.of(contents), directoryName());
  }

  public long logicalBytes() {
    return regular().mapToLong(TreeNode::sizeBytes).sum();
  }

  public long mappedBytes() {
    return regular().mapToLong(TreeNode::mappedBytes).sum();
  }

  public long privateBytes() {
    return regular().mapToLong(TreeNode::privateBytes).sum();
  }

  private Stream<TreeNode> regular() {
    return files.stream().map(VmFile::node).filter(TreeNode::isRegular).distinct();
  }
}
