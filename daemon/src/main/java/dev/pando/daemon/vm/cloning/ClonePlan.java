package dev.pando.daemon.vm.cloning;

import dev.pando.daemon.qemu.OwnFiles;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.Mode;
import dev.pando.daemon.tree.TreeView;
import dev.pando.daemon.vm.files.Inspection;
import dev.pando.daemon.vm.files.MachineException;
import dev.pando.daemon.vm.files.UnsoundException;
import dev.pando.daemon.vm.files.VmDirectory;
import dev.pando.daemon.vm.files.VmFile;
import dev.pando.daemon.vm.files.VmName;
import dev.pando.daemon.vmware.CloneAction;
import dev.pando.daemon.vmware.FileKind;
import dev.pando.daemon.vmware.FormatException;
import dev.pando.daemon.vmware.Renaming;
import dev.pando.daemon.vmware.SparseHeader;
import dev.pando.daemon.vmware.VmdkContent;
import dev.pando.daemon.vmware.Vmsd;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What becomes of each file of a VM in its clones; the same for all clones of one request. */
public final class ClonePlan {
  /** What becomes of one file. */
  public enum Treatment {
    /** A directory: made, then filled. */
    DIRECTORY,
    /** The same, sharing its data. */
    COPY,
    /** The same, sharing its data but for a descriptor inside, which is the clone's own. */
    COPY_WITH_DESCRIPTOR,
    /** A new file with the clone's own text. */
    TEXT,
    /** A new file, empty. */
    EMPTY
  }

  /**
   * One file.
   *
   * @param text what a {@link Treatment#TEXT} is in the source; else empty. Never changed
   */
  @SuppressWarnings("ArrayRecordComponent") // lives for one request
  public record Item(VmFile file, FileKind kind, Treatment treatment, byte[] text) {
    /** Whether the clone's begins as a copy of the source's. */
    boolean isForked() {
      return treatment == Treatment.COPY || treatment == Treatment.COPY_WITH_DESCRIPTOR;
    }
  }

  private static final byte[] NO_TEXT = {};

  private final CloneSource origin;
  private final VmDirectory source;
  private final Inspection inspection;
  private final boolean keepNames;
  private final List<Item> items = new ArrayList<>();
  private final List<VmFile> dropped = new ArrayList<>();
  private final List<String> warnings = new ArrayList<>();

  private ClonePlan(CloneSource origin, Inspection inspection, boolean keepNames) {
    this.origin = origin;
    this.source = origin.vm();
    this.inspection = inspection;
    this.keepNames = keepNames;
  }

  /** Plans the clones of a sound VM. */
  public static ClonePlan of(TreeView view, CloneSource origin, boolean keepNames)
      throws UnsoundException, MachineException {
    VmDirectory source = origin.vm();
    Inspection inspection = source.inspect(view);
    inspection.check();
    boolean bound = inspection.hasLinkToOwnName();
    for (VmFile file : source.files()) {
      bound |=
          file.node().isRegular()
              && inspection.kind(file.path()) == FileKind.IMAGE
              && inspection.isBacked(file.path());
    }
    ClonePlan plan = new ClonePlan(origin, inspection, keepNames || bound);
    plan.fill();
    return plan;
  }

  private void fill() throws UnsoundException, MachineException {
    Set<VmFile> gone = new HashSet<>();
    for (VmFile file : source.files()) {
      FileKind kind = inspection.kind(file.name());
      boolean drop =
          file.directory().filter(gone::contains).isPresent()
              || kind.action() == CloneAction.DROP
              || isSocket(file);
      if (drop) {
        gone.add(file);
        dropped.add(file);
      } else {
        items.add(item(file, kind));
      }
    }
  }

  /** A socket belongs to the process that listens on it. */
  private static boolean isSocket(VmFile file) {
    return (file.node().mode() & Mode.TYPE_MASK) == Mode.SOCKET;
  }

  private Item item(VmFile file, FileKind kind) throws UnsoundException, MachineException {
    if (file.node().isDirectory()) {
      return new Item(file, kind, Treatment.DIRECTORY, NO_TEXT);
    }
    if (!file.node().isRegular() || !file.hasPlainName()) {
      return new Item(file, kind, Treatment.COPY, NO_TEXT);
    }
    if (isDomain(file)) {
      return text(file, kind);
    }
    return switch (kind) {
      case CONFIGURATION ->
          inspection.isConfiguration(file.path()) ? text(file, kind) : copy(file, kind);
      case SUPPLEMENT -> inspection.isSupplement(file.path()) ? text(file, kind) : copy(file, kind);
      case DISK -> disk(file, kind);
      case SNAPSHOT_LIST -> {
        noteSnapshots(file);
        yield new Item(file, kind, Treatment.EMPTY, NO_TEXT);
      }
      default -> copy(file, kind);
    };
  }

  /** The clones begin without the source's snapshots. */
  private void noteSnapshots(VmFile list) throws UnsoundException, MachineException {
    try {
      Vmsd.parse(inspection.text(list.path())).notCloned().ifPresent(warnings::add);
    } catch (FormatException e) {
      warnings.add(list.path() + " " + e.getMessage() + "; the clone has an empty one.");
    }
  }

  private static Item copy(VmFile file, FileKind kind) {
    return new Item(file, kind, Treatment.COPY, NO_TEXT);
  }

  private Item text(VmFile file, FileKind kind) throws UnsoundException, MachineException {
    return new Item(file, kind, Treatment.TEXT, inspection.text(file.path()));
  }

  private Item disk(VmFile file, FileKind kind) throws UnsoundException, MachineException {
    VmdkContent content = inspection.content(file.path());
    return switch (content) {
      case DESCRIPTOR -> text(file, kind);
      case HOSTED_SPARSE -> {
        boolean own = header(file).hasDescriptor();
        yield own
            ? new Item(file, kind, Treatment.COPY_WITH_DESCRIPTOR, NO_TEXT)
            : copy(file, kind);
      }
      case VMFS_SPARSE, SE_SPARSE, RAW -> copy(file, kind);
    };
  }

  private SparseHeader header(VmFile file) throws UnsoundException, MachineException {
    try {
      return SparseHeader.parse(inspection.head(file.path(), SparseHeader.BYTES));
    } catch (FormatException e) {
      throw Inspection.unsound(file.path(), e);
    }
  }

  /** What is cloned. */
  public CloneSource origin() {
    return origin;
  }

  /** Its files. */
  public VmDirectory source() {
    return source;
  }

  /** What the user should know of every clone. */
  public List<String> warnings() {
    return warnings;
  }

  /** Whether a file is the configuration that counts. */
  public boolean isConfiguration(VmFile file) {
    return inspection.isConfiguration(file.path());
  }

  /** Whether a file is the libvirt domain that counts. */
  public boolean isDomain(VmFile file) {
    return inspection.isDomain(file.path());
  }

  /** The source's files. */
  public OwnFiles files() {
    return inspection.files();
  }

  /** What the clones do not have. */
  public List<VmFile> dropped() {
    return dropped;
  }

  /** A directory always comes before what is in it. */
  public List<Item> items() {
    return items;
  }

  /** The name of the source's {@code .vmx}. */
  public Optional<String> configuration() {
    return inspection.layout().configuration();
  }

  /** What the files of a clone with this name are called. */
  public Renaming renaming(VmName clone) {
    if (keepNames) {
      return Renaming.none();
    }
    Renaming renaming = Renaming.of(inspection.stem(), clone.last());
    List<String> names =
        items.stream().map(Item::file).filter(VmFile::isTop).map(VmFile::name).toList();
    return renaming.collides(names) ? Renaming.none() : renaming;
  }

  /**
   * Whether the source is still what was planned for: the same files, and texts that nobody
   * touched. Data of disks may change; the clone has it as of the instant it is made.
   */
  public boolean isCurrent(TreeView view) throws ErrnoException {
    return signature(VmFile.below(view, source.node().number())).equals(signature(source.files()));
  }

  private List<String> signature(List<VmFile> files) {
    Set<String> texts = new HashSet<>();
    for (Item item : items) {
      if (item.treatment() == Treatment.TEXT) {
        texts.add(item.file().path());
      }
    }
    return files.stream()
        .map(
            file -> {
              String identity = file.node().number() + " " + file.path();
              return texts.contains(file.path())
                  ? identity + " " + file.node().sizeBytes() + " " + file.node().modifyNanos()
                  : identity;
            })
        .toList();
  }
}
