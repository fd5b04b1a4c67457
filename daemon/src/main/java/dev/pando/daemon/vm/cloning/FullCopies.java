package dev.pando.daemon.vm.cloning;

import dev.pando.cowstore.CowFile;
import dev.pando.cowstore.StoreException;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.PandoTree;
import dev.pando.daemon.tree.TreeEdit;
import dev.pando.daemon.vm.files.MachineException;
import dev.pando.daemon.vm.files.VmDirectory;
import dev.pando.daemon.vm.files.VmFile;
import dev.pando.daemon.vm.making.HiddenCopy;
import dev.pando.daemon.vm.making.HiddenFiles;
import dev.pando.daemon.vm.making.ProgressListener;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Copies of clones that share no block with anything. The forks they are copied from were made at
 * one instant, so a running VM goes on while they are read. Used by one thread.
 */
public final class FullCopies {
  private final PandoTree tree;
  private final HiddenFiles hidden;
  private final ProgressListener progress;

  /**
   * @param hidden holds the drafts' directories, and the copies made here
   * @param progress told of the bytes that are copied
   */
  public FullCopies(PandoTree tree, HiddenFiles hidden, ProgressListener progress) {
    this.tree = tree;
    this.hidden = hidden;
    this.progress = progress;
  }

  /** The copies' hidden directories, in the drafts' order, durable. */
  public List<Long> of(List<CloneDraft> drafts)
      throws ErrnoException, StoreException, MachineException {
    List<VmDirectory> forks = new ArrayList<>();
    for (CloneDraft draft : drafts) {
      forks.add(VmDirectory.read(tree.view(), draft.name().toString(), draft.directory()));
    }
    List<HiddenCopy> copies = new ArrayList<>();
    for (VmDirectory fork : forks) {
      copies.add(HiddenCopy.make(tree, hidden, fork, TreeEdit.Data.NONE));
    }
    fill(copies);
    hidden.sync();
    keepTimes(copies);
    return copies.stream().map(HiddenCopy::directory).toList();
  }

  private void fill(List<HiddenCopy> copies)
      throws ErrnoException, StoreException, MachineException {
    Map<CowFile, CowFile> data = new LinkedHashMap<>();
    for (HiddenCopy copy : copies) {
      for (Map.Entry<VmFile, Long> file : copy.files().entrySet()) {
        if (file.getKey().node().isRegular()) {
          CowFile target = tree.view().file(file.getValue());
          data.put(tree.view().file(file.getKey().node().number()), target);
          hidden.written(target);
        }
      }
    }
    FullCopy.copy(data, progress);
  }

  private void keepTimes(List<HiddenCopy> copies) throws ErrnoException {
    Stream<PandoTree.EditStep<ErrnoException>> changes =
        copies.stream()
            .flatMap(copy -> copy.files().entrySet().stream())
            .map(
                file ->
                    edit -> edit.setModified(file.getValue(), file.getKey().node().modifyNanos()));
    tree.editInSteps(changes.iterator());
  }
}
