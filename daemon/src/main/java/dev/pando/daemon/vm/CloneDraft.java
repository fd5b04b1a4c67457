package dev.pando.daemon.vm;

import dev.pando.cowstore.StoreException;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.TreeEdit;
import dev.pando.daemon.tree.TreeNode;
import dev.pando.daemon.tree.TreeView;
import dev.pando.daemon.vmware.CloneRewrite;
import dev.pando.daemon.vmware.FormatException;
import dev.pando.daemon.vmware.Identity;
import dev.pando.daemon.vmware.Renaming;
import dev.pando.daemon.vmware.Rewritten;
import dev.pando.daemon.vmware.SparseHeader;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One clone while it is made: texts rewritten, then a hidden directory with forks of the disks,
 * then the texts in it, then a name. Used by one thread.
 */
final class CloneDraft {
  private static final Logger LOG = LoggerFactory.getLogger(CloneDraft.class);

  private final ClonePlan plan;
  private final VmName name;
  private final Identity identity;
  private final Renaming renaming;
  private final CloneRewrite rewrite;

  /** For files in subdirectories, whose names stay. */
  private final CloneRewrite nestedRewrite;

  private final Map<ClonePlan.Item, byte[]> texts = new LinkedHashMap<>();
  private final Map<ClonePlan.Item, Long> nodes = new HashMap<>();
  private long directory;

  private CloneDraft(ClonePlan plan, VmName name, Identity identity) {
    this.plan = plan;
    this.name = name;
    this.identity = identity;
    this.renaming = plan.renaming(name);
    this.rewrite = new CloneRewrite(name.toString(), identity, renaming);
    this.nestedRewrite = new CloneRewrite(name.toString(), identity, Renaming.none());
  }

  /** A draft with its texts; nothing of it is in the tree yet. */
  static CloneDraft of(ClonePlan plan, VmName name, Identity identity) throws UnsoundException {
    CloneDraft draft = new CloneDraft(plan, name, identity);
    for (ClonePlan.Item item : plan.items()) {
      if (item.treatment() == ClonePlan.Treatment.TEXT) {
        draft.texts.put(item, draft.rewritten(item));
      }
    }
    return draft;
  }

  private byte[] rewritten(ClonePlan.Item item) throws UnsoundException {
    VmFile file = item.file();
    try {
      Rewritten result =
          switch (item.kind()) {
            case CONFIGURATION -> rewrite.configuration(item.text());
            case SUPPLEMENT -> rewrite.supplement(item.text(), plan.configuration().orElseThrow());
            default -> rewriteFor(file).descriptor(file.name(), item.text());
          };
      result.warnings().forEach(warning -> LOG.info("clone {}: {}", name, warning));
      return result.bytes();
    } catch (FormatException e) {
      throw Inspection.unsound(file.path(), e);
    }
  }

  private CloneRewrite rewriteFor(VmFile file) {
    return file.isTop() ? rewrite : nestedRewrite;
  }

  VmName name() {
    return name;
  }

  long directory() {
    return directory;
  }

  /** Makes the hidden directory; all disks of all drafts of one edit are of one instant. */
  void build(TreeEdit edit) throws ErrnoException {
    TreeNode like = plan.source().node();
    directory = edit.hiddenDirectory(like.mode(), like.userId(), like.groupId());
    Map<VmFile, Long> directories = new HashMap<>();
    for (ClonePlan.Item item : plan.items()) {
      VmFile file = item.file();
      long parent = file.directory().map(directories::get).orElse(directory);
      TreeNode node = file.node();
      byte[] fileName = nameOf(file);
      long made =
          switch (item.treatment()) {
            case DIRECTORY ->
                edit.directory(parent, fileName, node.mode(), node.userId(), node.groupId());
            case COPY, COPY_WITH_DESCRIPTOR ->
                edit.copy(node.number(), parent, fileName, directory);
            case TEXT, EMPTY ->
                edit.file(parent, fileName, node.mode(), node.userId(), node.groupId(), directory);
          };
      nodes.put(item, made);
      if (item.treatment() == ClonePlan.Treatment.DIRECTORY) {
        directories.put(file, made);
      }
    }
  }

  private byte[] nameOf(VmFile file) {
    boolean renamed = file.isTop() && file.hasPlainName();
    return renamed ? VmName.bytes(renaming.rename(file.name())) : file.entry().nameBytes();
  }

  /** Writes the texts, and the descriptors inside images. */
  void write(TreeView view, HiddenFiles hidden)
      throws ErrnoException, StoreException, UnsoundException {
    for (Map.Entry<ClonePlan.Item, byte[]> text : texts.entrySet()) {
      hidden.write(nodes.get(text.getKey()), 0, text.getValue());
    }
    for (ClonePlan.Item item : plan.items()) {
      if (item.treatment() == ClonePlan.Treatment.COPY_WITH_DESCRIPTOR) {
        writeEmbedded(view, hidden, item);
      }
    }
  }

  /** What is replaced is read from the fork: of a running VM, it is as of the clone's instant. */
  private void writeEmbedded(TreeView view, HiddenFiles hidden, ClonePlan.Item item)
      throws ErrnoException, StoreException, UnsoundException {
    long node = nodes.get(item);
    VmFile file = item.file();
    try {
      SparseHeader header = SparseHeader.parse(view.read(node, 0, SparseHeader.BYTES));
      long offset = header.descriptorOffsetBytes();
      byte[] region = view.read(node, offset, header.descriptorLengthBytes());
      Rewritten descriptor = rewriteFor(file).embeddedDescriptor(file.name(), region);
      hidden.write(node, offset, descriptor.bytes());
    } catch (FormatException e) {
      throw Inspection.unsound(file.path(), e);
    }
  }

  /** Gives the clone its name, and puts on record where it comes from. */
  void link(TreeEdit edit) throws ErrnoException, MachineException {
    VmDirectory source = plan.source();
    TreeNode like = source.node();
    long parent = Placement.parent(edit, name, like.userId(), like.groupId());
    edit.link(directory, parent, VmName.bytes(name.last()));
    int generation = source.isTemplate() ? source.record().generation() : 0;
    VmRecord record =
        VmRecord.cloned(source.node().number(), source.name(), generation, edit.nowNanos());
    edit.attach(directory, record.encode());
    Identities.record(edit, identity.uuid(), directory);
  }
}
