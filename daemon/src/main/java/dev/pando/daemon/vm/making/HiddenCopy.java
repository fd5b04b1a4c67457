package dev.pando.daemon.vm.making;

import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.TreeEdit;
import dev.pando.daemon.tree.TreeNode;
import dev.pando.daemon.vm.files.VmDirectory;
import dev.pando.daemon.vm.files.VmFile;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A hidden directory with a copy of everything that is in another, under the same names.
 *
 * @param directory its inode
 * @param files the copies' inodes by what they are copies of; directories come before what is in
 *     them
 */
public record HiddenCopy(long directory, Map<VmFile, Long> files) {
  /** Makes it, with the data of regular files or without. */
  public static HiddenCopy make(TreeEdit edit, VmDirectory source, TreeEdit.Data data)
      throws ErrnoException {
    TreeNode top = source.node();
    long directory = edit.hiddenDirectory(top.mode(), top.userId(), top.groupId());
    Map<VmFile, Long> files = new LinkedHashMap<>();
    Map<VmFile, Long> directories = new HashMap<>();
    for (VmFile file : source.files()) {
      long parent = file.directory().map(directories::get).orElse(directory);
      byte[] name = file.entry().nameBytes();
      TreeNode node = file.node();
      if (node.isDirectory()) {
        long made = edit.directory(parent, name, node.mode(), node.userId(), node.groupId());
        directories.put(file, made);
        files.put(file, made);
      } else {
        files.put(file, edit.copy(node.number(), parent, name, directory, data));
      }
    }
    return new HiddenCopy(directory, files);
  }
}
