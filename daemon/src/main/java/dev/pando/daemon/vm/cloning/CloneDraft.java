package dev.pando.daemon.vm.cloning;

import dev.pando.cowstore.Quota;
import dev.pando.cowstore.StoreException;
import dev.pando.daemon.qemu.DomainRewrite;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.PandoTree;
import dev.pando.daemon.tree.TreeEdit;
import dev.pando.daemon.tree.TreeNode;
import dev.pando.daemon.tree.TreeView;
import dev.pando.daemon.vm.files.CloneChanges;
import dev.pando.daemon.vm.files.Inspection;
import dev.pando.daemon.vm.files.MachineException;
import dev.pando.daemon.vm.files.UnsoundException;
import dev.pando.daemon.vm.files.VmFile;
import dev.pando.daemon.vm.files.VmName;
import dev.pando.daemon.vm.files.VmRecord;
import dev.pando.daemon.vm.making.HiddenFiles;
import dev.pando.daemon.vm.making.Identities;
import dev.pando.daemon.vm.making.Placement;
import dev.pando.daemon.vmware.CloneOrigin;
import dev.pando.daemon.vmware.CloneRewrite;
import dev.pando.daemon.vmware.FormatException;
import dev.pando.daemon.vmware.Identity;
import dev.pando.daemon.vmware.KeyChange;
import dev.pando.daemon.vmware.Renaming;
import dev.pando.daemon.vmware.Rewritten;
import dev.pando.daemon.vmware.SparseHeader;
import dev.pando.daemon.vmware.VmFiles;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * One clone while it is made: texts rewritten, then a hidden directory with forks of the disks,
 * then the texts in it, then a name. Used by one thread.
 */
public final class CloneDraft {
  private final ClonePlan plan;
  private final VmName name;
  private final Identity identity;
  private final Renaming renaming;
  private final CloneRewrite rewrite;

  /** For files in subdirectories, whose names stay. */
  private final CloneRewrite nestedRewrite;

  /** The clone's own texts, and what was changed inside its images. */
  private final Map<ClonePlan.Item, Rewritten> rewritten = new LinkedHashMap<>();

  private final Map<ClonePlan.Item, Long> nodes = new HashMap<>();

  /** The clone's directories by those they are copies of. */
  private final Map<VmFile, Long> directories = new HashMap<>();

  private long directory;

  private CloneDraft(ClonePlan plan, VmName name, Identity identity) {
    this.plan = plan;
    this.name = name;
    this.identity = identity;
    this.renaming = plan.renaming(name);
    CloneOrigin origin =
        new CloneOrigin(plan.origin().name(), plan.origin().generation(), Instant.now());
    this.rewrite = new CloneRewrite(name.toString(), identity, renaming, Optional.of(origin));
    this.nestedRewrite = new CloneRewrite(name.toString(), identity, Renaming.none());
  }

  /** A draft with its texts; nothing of it is in the tree yet. */
  public static CloneDraft of(ClonePlan plan, VmName name, Identity identity)
      throws UnsoundException {
    CloneDraft draft = new CloneDraft(plan, name, identity);
    for (ClonePlan.Item item : plan.items()) {
      if (item.treatment() == ClonePlan.Treatment.TEXT) {
        draft.rewritten.put(item, draft.rewrite(item));
      }
    }
    return draft;
  }

  private Rewritten rewrite(ClonePlan.Item item) throws UnsoundException {
    VmFile file = item.file();
    try {
      if (plan.isDomain(file)) {
        return DomainRewrite.clone(item.text(), name.toString(), identity, renaming, plan.files());
      }
      return switch (item.kind()) {
        case CONFIGURATION -> rewrite.configuration(item.text());
        case SUPPLEMENT -> rewrite.supplement(item.text(), plan.configuration().orElseThrow());
        default -> rewriteFor(file).descriptor(file.name(), item.text());
      };
    } catch (FormatException e) {
      throw Inspection.unsound(file.path(), e);
    }
  }

  private CloneRewrite rewriteFor(VmFile file) {
    return file.isTop() ? rewrite : nestedRewrite;
  }

  public VmName name() {
    return name;
  }

  /** The clone's directory, once it is {@linkplain #build built}. */
  public long directory() {
    return directory;
  }

  /**
   * The changes that make the hidden directory, with the disks as they were at an instant. From the
   * first on the identity is the clone's, whatever becomes of it.
   *
   * @param quotaBytes the clone's quota, {@link Quota#NONE} for none
   * @param hidden ends the directory, unless it is kept
   */
  public Stream<PandoTree.EditStep<ErrnoException>> build(
      SourceInstant instant, long quotaBytes, HiddenFiles hidden) {
    PandoTree.EditStep<ErrnoException> begin = edit -> begin(edit, quotaBytes, hidden);
    return Stream.concat(
        Stream.of(begin), plan.items().stream().map(item -> edit -> make(edit, item, instant)));
  }

  private void begin(TreeEdit edit, long quotaBytes, HiddenFiles hidden) throws ErrnoException {
    TreeNode like = plan.source().node();
    directory = edit.hiddenDirectory(like.mode(), like.userId(), like.groupId());
    hidden.add(directory);
    if (quotaBytes != Quota.NONE) {
      edit.limit(directory, quotaBytes);
    }
    Identities.record(edit, identity.uuid(), directory);
  }

  private void make(TreeEdit edit, ClonePlan.Item item, SourceInstant instant)
      throws ErrnoException {
    VmFile file = item.file();
    long parent = file.directory().map(directories::get).orElse(directory);
    TreeNode node = file.node();
    byte[] fileName = nameOf(file);
    long made =
        switch (item.treatment()) {
          case DIRECTORY ->
              edit.directory(parent, fileName, node.mode(), node.userId(), node.groupId());
          case COPY, COPY_WITH_DESCRIPTOR ->
              edit.copy(instant.of(node), parent, fileName, directory, TreeEdit.Data.FORKED);
          case TEXT, EMPTY ->
              edit.file(parent, fileName, node.mode(), node.userId(), node.groupId(), directory);
        };
    nodes.put(item, made);
    if (item.treatment() == ClonePlan.Treatment.DIRECTORY) {
      directories.put(file, made);
    }
  }

  private byte[] nameOf(VmFile file) {
    return isRenamed(file) ? VmName.bytes(clonePath(file)) : file.entry().nameBytes();
  }

  private boolean isRenamed(VmFile file) {
    return file.isTop() && file.hasPlainName();
  }

  /** Writes the texts, and the descriptors inside images. */
  public void write(TreeView view, HiddenFiles hidden)
      throws ErrnoException, StoreException, UnsoundException {
    for (ClonePlan.Item item : plan.items()) {
      if (item.treatment() == ClonePlan.Treatment.TEXT) {
        hidden.write(nodes.get(item), 0, rewritten.get(item).bytes());
      } else if (item.treatment() == ClonePlan.Treatment.COPY_WITH_DESCRIPTOR) {
        // read from the fork: of a running VM, it is as of the clone's instant
        SparseHeader header = rewriteInside(view, item, nodes.get(item));
        hidden.write(nodes.get(item), header.descriptorOffsetBytes(), rewritten.get(item).bytes());
      }
    }
  }

  /** Rewrites the descriptor in an image; returns the header that says where it lies. */
  private SparseHeader rewriteInside(TreeView view, ClonePlan.Item item, long image)
      throws ErrnoException, UnsoundException {
    VmFile file = item.file();
    try {
      SparseHeader header = SparseHeader.parse(view.read(image, 0, SparseHeader.BYTES));
      byte[] region =
          view.read(image, header.descriptorOffsetBytes(), header.descriptorLengthBytes());
      rewritten.put(item, rewriteFor(file).embeddedDescriptor(file.name(), region));
      return header;
    } catch (FormatException e) {
      throw Inspection.unsound(file.path(), e);
    }
  }

  /**
   * Puts on record where the clone comes from.
   *
   * @param made the directory that becomes the clone: the draft's, or a full copy of it
   */
  public void record(TreeEdit edit, long made, boolean independent) {
    CloneSource origin = plan.origin();
    VmRecord record =
        VmRecord.cloned(
            origin.node(), origin.name(), origin.generation(), independent, edit.nowNanos());
    edit.attach(made, VmRecord.PART, record.encode());
    edit.attach(made, CloneChanges.PART, CloneChanges.of(changes()).encode());
  }

  /** Gives the clone, which is {@code made}, its name. */
  public void link(TreeEdit edit, long made) throws ErrnoException, MachineException {
    TreeNode like = plan.source().node();
    long parent = Placement.parent(edit, name, like.userId(), like.groupId());
    edit.link(made, parent, VmName.bytes(name.last()));
  }

  private List<CloneChanges.FileChange> changes() {
    List<CloneChanges.FileChange> changes = new ArrayList<>();
    rewritten.forEach(
        (item, result) -> {
          String path = clonePath(item.file());
          for (KeyChange change : result.changes()) {
            changes.add(new CloneChanges.FileChange(path, change));
          }
        });
    return changes;
  }

  private String clonePath(VmFile file) {
    if (!isRenamed(file)) {
      return file.path();
    }
    String renamed = renaming.rename(file.name());
    return plan.isConfiguration(file) ? VmFiles.runnableName(renamed) : renamed;
  }

  // ---- what is told

  /** What becomes of each file, told before anything is made. */
  public List<CloneReport.File> preview(TreeView view, boolean full)
      throws ErrnoException, UnsoundException {
    for (ClonePlan.Item item : plan.items()) {
      if (item.treatment() == ClonePlan.Treatment.COPY_WITH_DESCRIPTOR) {
        rewriteInside(view, item, item.file().node().number());
      }
    }
    List<CloneReport.File> files = new ArrayList<>();
    for (ClonePlan.Item item : plan.items()) {
      List<KeyChange> changes =
          rewritten.containsKey(item) ? rewritten.get(item).changes() : List.of();
      String path = item.file().path();
      files.add(
          new CloneReport.File(
              path, Optional.of(clonePath(item.file())), fate(item.treatment(), full), changes));
    }
    for (VmFile file : plan.dropped()) {
      files.add(
          new CloneReport.File(file.path(), Optional.empty(), CloneReport.Fate.DROPPED, List.of()));
    }
    return files;
  }

  private static CloneReport.Fate fate(ClonePlan.Treatment treatment, boolean full) {
    return switch (treatment) {
      case DIRECTORY, COPY -> full ? CloneReport.Fate.COPIED : CloneReport.Fate.SHARED;
      case COPY_WITH_DESCRIPTOR ->
          full ? CloneReport.Fate.COPIED_AND_REWRITTEN : CloneReport.Fate.SHARED_AND_REWRITTEN;
      case TEXT -> CloneReport.Fate.REWRITTEN;
      case EMPTY -> CloneReport.Fate.EMPTY;
    };
  }

  /** What the user should know of the clone. */
  public List<String> warnings() {
    List<String> warnings = new ArrayList<>(plan.warnings());
    rewritten.values().forEach(result -> warnings.addAll(result.warnings()));
    return warnings;
  }

  @Override
  public String toString() {
    return "clone " + name + " of " + plan.origin().title();
  }
}
