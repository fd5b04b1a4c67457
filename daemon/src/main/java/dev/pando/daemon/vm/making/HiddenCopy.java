package dev.pando.daemon.vm.making;

import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.PandoTree;
import dev.pando.daemon.tree.TreeEdit;
import dev.pando.daemon.tree.TreeNode;
import dev.pando.daemon.vm.files.VmDirectory;
import dev.pando.daemon.vm.files.VmFile;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/**
 * A hidden directory with a copy of everything that is in another, under the same names.
 *
 * @param directory its inode
 * @param files the copies' inodes by what they are copies of; directories come before what is in
 *     them
 */
public record HiddenCopy(long directory, Map<VmFile, Long> files) {
  /**
   * Makes it, a few files in a step: of what does not change meanwhile.
   *
   * @param hidden ends it, unless it is kept
   */
  public static HiddenCopy make(
      PandoTree tree, HiddenFiles hidden, VmDirectory source, TreeEdit.Data data)
      throws ErrnoException {
    Map<VmFile, Long> files = new LinkedHashMap<>();
    AtomicLong directory = new AtomicLong();
    TreeNode top = source.node();
    PandoTree.EditStep<ErrnoException> begin =
        edit -> {
          directory.set(edit.hiddenDirectory(top.mode(), top.userId(), top.groupId()));
          hidden.add(directory.get());
        };
    Stream<PandoTree.EditStep<ErrnoException>> copies =
        source.files().stream()
            .map(file -> edit -> files.put(file, copy(edit, file, directory.get(), files, data)));
    tree.editInSteps(Stream.concat(Stream.of(begin), copies).iterator());
    return new HiddenCopy(directory.get(), files);
  }

  /** Has nothing of it change any more; a few files in a step. */
  public void freeze(PandoTree tree) throws ErrnoException {
    Stream<PandoTree.EditStep<ErrnoException>> changes =
        Stream.concat(files.values().stream(), Stream.of(directory))
            .map(node -> edit -> edit.freeze(node));
    tree.editInSteps(changes.iterator());
  }

  private static long copy(
      TreeEdit edit, VmFile file, long directory, Map<VmFile, Long> files, TreeEdit.Data data)
      throws ErrnoException {
    long parent = file.directory().map(files::get).orElse(directory);
    byte[] name = file.entry().nameBytes();
    TreeNode node = file.node();
    return node.isDirectory()
        ? edit.directory(parent, name, node.mode(), node.userId(), node.groupId())
        : edit.copy(node.number(), parent, name, directory, data);
  }
}
