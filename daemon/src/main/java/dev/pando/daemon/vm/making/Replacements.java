package dev.pando.daemon.vm.making;

import dev.pando.cowstore.StoreException;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.PandoTree;
import dev.pando.daemon.tree.TreeEdit;
import dev.pando.daemon.vm.files.MachineException;
import dev.pando.daemon.vm.files.VmDirectory;
import dev.pando.daemon.vm.files.VmFile;
import dev.pando.daemon.vm.listing.Machine;
import dev.pando.daemon.vmware.KeyChange;
import dev.pando.daemon.vmware.Rewritten;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Files of a VM that get new content: they are made hidden and durable, and take the place of the
 * old ones in one step, together with what else is changed then. Used by one thread under the lock
 * on operations.
 */
public final class Replacements {
  private final PandoTree tree;
  private final VmDirectory vm;
  private final Function<String, MachineException> refused;
  private final List<Replacement> replacements = new ArrayList<>();

  /**
   * @param refused what to throw where a file can not be replaced, from why: a sentence without its
   *     last stop
   */
  public Replacements(PandoTree tree, VmDirectory vm, Function<String, MachineException> refused) {
    this.tree = tree;
    this.vm = vm;
    this.refused = refused;
  }

  /**
   * A file that gets new content.
   *
   * @param offset where the new bytes go; -1: they are all of the file
   */
  private record Replacement(VmFile file, long offset, Rewritten content) {
    boolean isWhole() {
      return offset < 0;
    }

    byte[] hiddenName() {
      return Long.toString(file.node().number()).getBytes(StandardCharsets.US_ASCII);
    }
  }

  /** A file gets new content; one that is to stay as it is is left out. */
  public void add(VmFile file, Rewritten content) {
    add(file, -1, content);
  }

  /**
   * A file gets new content in a part of it.
   *
   * @param offset where the new bytes go; -1: they are all of the file
   */
  public void add(VmFile file, long offset, Rewritten content) {
    if (!content.changes().isEmpty()) {
      replacements.add(new Replacement(file, offset, content));
    }
  }

  public boolean isEmpty() {
    return replacements.isEmpty();
  }

  /** What else is done in the step in which the files change, or why it must not be. */
  @FunctionalInterface
  public interface Step {
    void run(TreeEdit edit, VmDirectory now) throws MachineException, ErrnoException;
  }

  /**
   * Puts the new files in the place of the old ones.
   *
   * @throws MachineException if a file was changed since the VM was read, or has another name
   */
  public void carryOut(Step step) throws MachineException, ErrnoException, StoreException {
    try (HiddenFiles hidden = new HiddenFiles(tree)) {
      long directory = make(hidden);
      tree.<Void, MachineException>edit(
          edit -> {
            VmDirectory now = VmDirectory.read(tree.view(), vm.name(), vm.node().number());
            step.run(edit, now);
            checkSame(now);
            for (Replacement replacement : replacements) {
              VmFile file = replacement.file();
              long parent = file.directory().map(d -> d.node().number()).orElse(vm.node().number());
              edit.replace(parent, file.entry().nameBytes(), directory, replacement.hiddenName());
            }
            return null;
          });
    }
  }

  /** Makes the new files in a hidden directory, durable; returns that. */
  private long make(HiddenFiles hidden) throws ErrnoException, StoreException {
    List<Long> nodes = new ArrayList<>();
    long directory =
        tree.<Long, ErrnoException>edit(
            edit -> {
              long made = edit.hiddenDirectory(0700, vm.node().userId(), vm.node().groupId());
              for (Replacement replacement : replacements) {
                nodes.add(
                    edit.copy(
                        replacement.file().node().number(),
                        made,
                        replacement.hiddenName(),
                        vm.node().number(),
                        replacement.isWhole() ? TreeEdit.Data.NONE : TreeEdit.Data.FORKED));
              }
              return made;
            });
    hidden.add(directory);
    for (int i = 0; i < nodes.size(); i++) {
      Replacement replacement = replacements.get(i);
      hidden.write(nodes.get(i), Math.max(0, replacement.offset()), replacement.content().bytes());
    }
    hidden.sync();
    return directory;
  }

  private void checkSame(VmDirectory now) throws MachineException {
    for (Replacement replacement : replacements) {
      VmFile file = replacement.file();
      if (now.files().stream().noneMatch(present -> isSame(present, file))) {
        throw refused.apply(file.path() + " was changed meanwhile. Try again");
      }
      if (file.node().linkCount() > 1) {
        throw refused.apply(file.path() + " has another name. Remove that hard link first");
      }
    }
  }

  private static boolean isSame(VmFile a, VmFile b) {
    return a.node().number() == b.node().number()
        && a.path().equals(b.path())
        && a.node().sizeBytes() == b.node().sizeBytes()
        && a.node().modifyNanos() == b.node().modifyNanos();
  }

  /** What is different, file by file. */
  public List<Machine.Change> changes() {
    List<Machine.Change> changes = new ArrayList<>();
    for (Replacement replacement : replacements) {
      for (KeyChange change : replacement.content().changes()) {
        changes.add(new Machine.Change(replacement.file().path(), change));
      }
    }
    return changes;
  }
}
