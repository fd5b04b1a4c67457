package dev.pando.daemon.vm.importing;

import dev.pando.cowstore.CowFile;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.PandoTree;
import dev.pando.daemon.tree.TreeEdit;
import dev.pando.daemon.tree.TreeView;
import dev.pando.daemon.vm.files.DedupeRecord;
import dev.pando.daemon.vm.files.MachineException;
import dev.pando.daemon.vm.files.MachineIdentity;
import dev.pando.daemon.vm.files.VmName;
import dev.pando.daemon.vm.files.VmRecord;
import dev.pando.daemon.vm.making.HiddenFiles;
import dev.pando.daemon.vm.making.Identities;
import dev.pando.daemon.vm.making.Placement;
import dev.pando.daemon.vm.making.ProgressListener;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A VM while it is imported: looked at, then made as a hidden directory with empty files, then
 * filled, then given its name. Used by one thread.
 */
public final class ImportDraft {
  /**
   * One file of the host, with what its inode keeps.
   *
   * @param target of a symbolic link; else empty
   */
  @SuppressWarnings("ArrayRecordComponent") // lives for one import
  private record Item(HostSource.HostFile file, HostAttributes attributes, byte[] target) {}

  private static final byte[] NO_TARGET = {};

  private final VmName name;
  private final HostAttributes top;
  private final MachineIdentity identity;

  /** What is not copied as it is, by path. */
  private final Map<String, byte[]> texts;

  private final List<Item> items = new ArrayList<>();

  /** Inodes by path; the VM's own directory is the empty path. */
  private final Map<String, Long> nodes = new HashMap<>();

  private ImportDraft(
      VmName name, HostAttributes top, MachineIdentity identity, Map<String, byte[]> texts) {
    this.name = name;
    this.top = top;
    this.identity = identity;
    this.texts = texts;
  }

  /** A draft of which nothing is in the tree yet. */
  public static ImportDraft of(
      HostSource source, VmName name, MachineIdentity identity, Map<String, byte[]> texts)
      throws IOException {
    ImportDraft draft =
        new ImportDraft(name, HostAttributes.of(source.directory()), identity, texts);
    for (HostSource.HostFile file : source.files()) {
      byte[] target = file.type() == HostSource.Type.SYMLINK ? target(file.source()) : NO_TARGET;
      draft.items.add(new Item(file, HostAttributes.of(file.source()), target));
    }
    return draft;
  }

  private static byte[] target(Path link) throws IOException {
    return Files.readSymbolicLink(link).toString().getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Makes all directories, links and empty files, a few in a step; returns the hidden directory.
   *
   * @param hidden ends it, unless it is kept
   */
  public long build(PandoTree tree, HiddenFiles hidden) throws ErrnoException {
    PandoTree.EditStep<ErrnoException> begin =
        edit -> {
          long directory = edit.hiddenDirectory(top.mode(), top.userId(), top.groupId());
          hidden.add(directory);
          nodes.put("", directory);
        };
    Stream<PandoTree.EditStep<ErrnoException>> rest =
        items.stream()
            .map(item -> edit -> nodes.put(item.file().path(), make(edit, nodes.get(""), item)));
    tree.editInSteps(Stream.concat(Stream.of(begin), rest).iterator());
    return nodes.get("");
  }

  private long make(TreeEdit edit, long group, Item item) throws ErrnoException {
    long parent = nodes.get(item.file().parent());
    byte[] entry = VmName.bytes(item.file().name());
    int mode = item.attributes().mode();
    int userId = item.attributes().userId();
    int groupId = item.attributes().groupId();
    return switch (item.file().type()) {
      case DIRECTORY -> edit.directory(parent, entry, mode, userId, groupId);
      case REGULAR -> edit.file(parent, entry, mode, userId, groupId, group);
      case SYMLINK -> edit.symlink(parent, entry, item.target(), userId, groupId);
    };
  }

  /** Fills the files. */
  public void copy(TreeView view, HiddenFiles hidden, ProgressListener progress)
      throws ErrnoException, IOException, MachineException {
    List<HostSource.HostFile> regular =
        items.stream()
            .map(Item::file)
            .filter(file -> file.type() == HostSource.Type.REGULAR)
            .toList();
    long totalBytes = 0;
    for (HostSource.HostFile file : regular) {
      totalBytes += Files.size(file.source());
    }
    ImageCopy copy = new ImageCopy(progress, totalBytes);
    for (HostSource.HostFile file : regular) {
      CowFile target = view.file(nodes.get(file.path()));
      if (texts.containsKey(file.path())) {
        hidden.write(nodes.get(file.path()), 0, texts.get(file.path()));
      } else {
        copy.copy(file.source(), target);
        hidden.written(target);
      }
    }
  }

  /** Gives the files their times, a few in a step; after this, nothing is made or written. */
  public void keepTimes(PandoTree tree) throws ErrnoException {
    Stream<PandoTree.EditStep<ErrnoException>> changes =
        items.stream()
            .map(
                item ->
                    edit ->
                        edit.setModified(
                            nodes.get(item.file().path()), item.attributes().modifyNanos()));
    tree.editInSteps(changes.iterator());
  }

  /** Gives the VM its name. */
  public void link(TreeEdit edit, TreeView view) throws ErrnoException, MachineException {
    long directory = nodes.get("");
    edit.setModified(directory, top.modifyNanos());
    long parent = Placement.parent(edit, name, top.userId(), top.groupId());
    edit.link(directory, parent, VmName.bytes(name.last()));
    edit.attach(directory, DedupeRecord.PART, DedupeRecord.NONE.dueNow(view).encode());
    edit.attach(directory, VmRecord.PART, VmRecord.imported(edit.nowNanos()).encode());
    identity.uuid().ifPresent(uuid -> Identities.record(edit, uuid, directory));
  }
}
