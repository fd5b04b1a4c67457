package dev.pando.daemon.vm.files;

import dev.pando.daemon.memory.VmMemory;
import dev.pando.daemon.qemu.DomainMemory;
import dev.pando.daemon.qemu.DomainRewrite;
import dev.pando.daemon.qemu.DomainXml;
import dev.pando.daemon.qemu.OwnFiles;
import dev.pando.daemon.vmware.CloneAction;
import dev.pando.daemon.vmware.FileKind;
import dev.pando.daemon.vmware.FileReference;
import dev.pando.daemon.vmware.FormatException;
import dev.pando.daemon.vmware.SparseHeader;
import dev.pando.daemon.vmware.VmFiles;
import dev.pando.daemon.vmware.VmdkContent;
import dev.pando.daemon.vmware.VmdkDescriptor;
import dev.pando.daemon.vmware.Vmx;
import dev.pando.daemon.vmware.VmxDictionary;
import dev.pando.daemon.vmware.VmxMemory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What the files of a VM say of it, and whether they make a whole VM. Used by one thread. */
public final class Inspection {
  /** Header of a qcow2 image, big-endian (QEMU docs/interop/qcow2.rst). */
  private static final int QCOW2_MAGIC = 0x514649fb;

  private static final int QCOW2_VERSION_OFFSET = 4;
  private static final int QCOW2_BACKING_FILE_OFFSET = 8;
  private static final int QCOW2_SIZE_OFFSET = 24;
  private static final int QCOW2_FEATURES_OFFSET = 72;
  private static final int QCOW2_HEAD_BYTES = 80;

  /** Incompatible feature: the data lies in another file, which the image names. */
  private static final long QCOW2_DATA_FILE = 4;

  /** The memory of a machine of which only the disks are known: 1 GiB. */
  public static final long USUAL_BYTES = 1L << 30;

  private final Contents contents;
  private final Layout layout;
  private final String stem;
  private final Set<String> paths;

  public Inspection(Contents contents, Layout layout, String directoryName) {
    this.contents = contents;
    this.layout = layout;
    this.stem = layout.stem(directoryName);
    this.paths = new LinkedHashSet<>(contents.paths());
  }

  public Layout layout() {
    return layout;
  }

  public String stem() {
    return stem;
  }

  /** The VM's files. */
  public OwnFiles files() {
    return new OwnFiles(paths);
  }

  public FileKind kind(String path) {
    return VmFiles.kind(path.substring(path.lastIndexOf('/') + 1), stem);
  }

  /** The {@code .vmx}, if there is one. */
  public Optional<Vmx> configuration() throws UnsoundException, MachineException {
    Optional<String> name = layout.configuration();
    if (name.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(Vmx.parse(text(name.get())));
    } catch (FormatException e) {
      throw unsound(name.get(), e);
    }
  }

  /** Whether a file is the configuration that counts. */
  public boolean isConfiguration(String path) {
    return layout.configuration().equals(Optional.of(path));
  }

  /** Whether a file is the configuration's supplement. */
  public boolean isSupplement(String path) throws MachineException {
    return !path.contains("/")
        && layout.configuration().isPresent()
        && kind(path) == FileKind.SUPPLEMENT
        && contents.sizeBytes(path) > 0;
  }

  /** By what the machine is known. */
  public MachineIdentity identity() throws UnsoundException, MachineException {
    Optional<DomainXml> domain = domain();
    if (domain.isPresent()) {
      return new MachineIdentity(domain.get().uuid(), domain.get().macAddresses());
    }
    return configuration()
        .map(vmx -> new MachineIdentity(vmx.uuid(), vmx.macAddresses()))
        .orElse(MachineIdentity.NONE);
  }

  /** The memory that the machine is configured to have; of images alone, what is usual. */
  public VmMemory memory() throws UnsoundException, MachineException {
    checkUnambiguous();
    Optional<Vmx> vmx = configuration();
    try {
      if (vmx.isPresent()) {
        return VmxMemory.read(vmx.get().dictionary());
      }
    } catch (FormatException e) {
      throw unsound(layout.configuration().orElseThrow(), e);
    }
    Optional<DomainXml> domain = domain();
    try {
      return domain.isPresent() ? DomainMemory.read(domain.get()) : VmMemory.plain(USUAL_BYTES, 1);
    } catch (FormatException e) {
      throw unsound(layout.domain().orElseThrow(), e);
    }
  }

  /** The file that says how much memory the machine has; nothing if none does. */
  public Optional<String> description() {
    return layout.configuration().or(layout::domain);
  }

  /**
   * The VM's description with its own files by relative names, where it has absolute ones: by those
   * a hypervisor would go on using the files it was copied from. By path; empty if nothing changes.
   */
  public Map<String, byte[]> relativeTexts() throws UnsoundException, MachineException {
    Optional<Vmx> vmx = configuration();
    Optional<String> domain = layout.domain();
    if (vmx.isPresent()) {
      boolean changed = false;
      for (FileReference file : vmx.get().files()) {
        if (file.leavesDirectory() && paths.contains(file.localPath())) {
          vmx.get().dictionary().set(file.key(), file.localPath());
          changed = true;
        }
      }
      return changed
          ? Map.of(layout.configuration().orElseThrow(), vmx.get().dictionary().bytes())
          : Map.of();
    }
    if (domain.isEmpty()) {
      return Map.of();
    }
    try {
      return Map.of(domain.get(), DomainRewrite.relative(text(domain.get()), files()));
    } catch (FormatException e) {
      throw unsound(domain.get(), e);
    }
  }

  /** Whether a file is the libvirt domain that counts: a {@code .vmx} counts before any. */
  public boolean isDomain(String path) {
    return layout.domain().equals(Optional.of(path));
  }

  /** The libvirt domain, if that is what describes the machine. */
  public Optional<DomainXml> domain() throws UnsoundException, MachineException {
    Optional<String> name = layout.domain();
    if (name.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(DomainXml.parse(text(name.get())));
    } catch (FormatException e) {
      throw unsound(name.get(), e);
    }
  }

  /** The bytes of a small file. */
  public byte[] text(String path) throws UnsoundException, MachineException {
    long sizeBytes = contents.sizeBytes(path);
    if (sizeBytes > VmxDictionary.MAX_BYTES) {
      throw new UnsoundException(path + " is too large for a text: " + sizeBytes + " bytes");
    }
    return contents.read(path, 0, (int) sizeBytes);
  }

  /** Up to {@code length} bytes of the beginning of a file. */
  public byte[] head(String path, int length) throws MachineException {
    return contents.read(path, 0, length);
  }

  /** What the beginning of a {@code .vmdk} says it is. */
  public VmdkContent content(String vmdk) throws MachineException {
    return VmdkContent.of(contents.read(vmdk, 0, VmdkContent.HEAD_BYTES));
  }

  public static UnsoundException unsound(String path, FormatException why) {
    return new UnsoundException(path + " " + why.getMessage());
  }

  /** Throws what is wrong with the VM, if anything is. */
  public void check() throws UnsoundException, MachineException {
    checkUnambiguous();
    for (String path : paths) {
      FileKind kind = kind(path);
      if (kind.action() == CloneAction.REFUSE) {
        throw new UnsoundException(
            kind == FileKind.PHYSICAL_DISK
                ? path + " stands for a physical disk, whose data is not in the file"
                : path + " holds changes that were never committed to the disk");
      }
      if (kind == FileKind.DISK) {
        checkDisk(path);
      }
    }
    checkLinks();
    Optional<Vmx> vmx = configuration();
    if (vmx.isPresent()) {
      checkConfiguration(layout.configuration().orElseThrow(), vmx.get());
    }
    Optional<DomainXml> domain = domain();
    if (domain.isPresent()) {
      checkDomain(layout.domain().orElseThrow(), domain.get());
    }
  }

  private void checkUnambiguous() throws UnsoundException {
    if (layout.isAmbiguous()) {
      throw new UnsoundException(
          "it holds more than one configuration, "
              + String.join(" and ", layout.configurations())
              + ", and which is meant can not be told");
    }
  }

  private void checkDomain(String name, DomainXml domain) throws UnsoundException {
    if (domain.secret().isPresent()) {
      throw new UnsoundException(name + " " + domain.secret().get());
    }
    for (DomainXml.Disk disk : domain.disks()) {
      if (disk.isWritten() && disk.file().isPresent() && localFile(disk).isEmpty()) {
        throw new UnsoundException(
            name
                + " refers to "
                + disk.file().get()
                + ", which is not in the VM's directory: put the disk beside "
                + name);
      }
    }
  }

  /** The file of a domain's disk, if it is one of the VM's. */
  private Optional<String> localFile(DomainXml.Disk disk) {
    return disk.file().flatMap(files()::find);
  }

  private void checkDisk(String path) throws UnsoundException, MachineException {
    VmdkContent content = content(path);
    if (content == VmdkContent.RAW) {
      throw new UnsoundException(path + " is no disk: it has neither descriptor nor header");
    }
    if (content == VmdkContent.DESCRIPTOR) {
      checkDescriptor(path);
    }
  }

  /** A link out of the directory would lead a clone to what the template, or the host, uses. */
  private void checkLinks() throws UnsoundException, MachineException {
    for (Map.Entry<String, String> link : contents.links().entrySet()) {
      if (leaves(link.getKey(), link.getValue())) {
        throw new UnsoundException(
            link.getKey() + " is a symbolic link out of the VM's directory: " + link.getValue());
      }
    }
  }

  /** Whether a symbolic link refers to a file that is named after the VM. */
  public boolean hasLinkToOwnName() throws MachineException {
    for (String target : contents.links().values()) {
      for (String component : target.split("/", -1)) {
        if (component.equals(stem)
            || component.startsWith(stem + ".")
            || component.startsWith(stem + "-")) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean leaves(String link, String target) {
    int depth = (int) link.chars().filter(c -> c == '/').count();
    for (String component : target.split("/", -1)) {
      if (component.equals("..")) {
        depth--;
      } else if (!component.isEmpty() && !component.equals(".")) {
        depth++;
      }
      if (depth < 0) {
        return true;
      }
    }
    return target.startsWith("/");
  }

  private void checkDescriptor(String path) throws UnsoundException, MachineException {
    try {
      VmdkDescriptor disk = VmdkDescriptor.parse(text(path));
      if (disk.isPhysical()) {
        throw new UnsoundException(path + " stands for a physical disk, whose data is not in it");
      }
      if (!disk.filesOutside().isEmpty()) {
        throw new UnsoundException(
            path + " names a file outside its directory: " + disk.filesOutside().get(0));
      }
      for (String file : disk.files()) {
        if (!paths.contains(beside(path, file))) {
          throw new UnsoundException(path + " refers to " + file + ", which is not there");
        }
      }
    } catch (FormatException e) {
      throw unsound(path, e);
    }
  }

  private void checkConfiguration(String name, Vmx vmx) throws UnsoundException, MachineException {
    if (vmx.isEncrypted()) {
      throw new UnsoundException(
          name + " is encrypted or has a virtual TPM, whose secrets no two machines may share");
    }
    for (FileReference disk : vmx.disks()) {
      String path = disk.localPath();
      if (!paths.contains(path)) {
        throw new UnsoundException(
            name
                + " refers to "
                + disk.path()
                + ", which is not "
                + (disk.leavesDirectory() ? "in the VM's directory" : "there"));
      }
    }
  }

  /** A path in a file, as seen from the VM's directory. */
  private static String beside(String path, String file) {
    String relative = file.startsWith("./") ? file.substring(2) : file;
    return path.substring(0, path.lastIndexOf('/') + 1) + relative;
  }

  /** What QEMU calls the format of a disk that is no descriptor's extent. */
  public String imageFormat(String path) throws MachineException {
    String name = path.toLowerCase(Locale.ROOT);
    ByteBuffer head = ByteBuffer.wrap(contents.read(path, 0, QCOW2_HEAD_BYTES));
    if (head.capacity() == QCOW2_HEAD_BYTES && head.getInt(0) == QCOW2_MAGIC) {
      return "qcow2";
    }
    for (String format : List.of("vmdk", "vdi", "vhdx")) {
      if (name.endsWith("." + format)) {
        return format;
      }
    }
    return "raw";
  }

  /** Whether a sparse disk is marked as being in use. */
  public boolean isLeftOpen(String vmdk) throws MachineException {
    if (content(vmdk) != VmdkContent.HOSTED_SPARSE) {
      return false;
    }
    try {
      return SparseHeader.parse(contents.read(vmdk, 0, SparseHeader.BYTES)).isDirty();
    } catch (FormatException unreadable) {
      return false;
    }
  }

  /** Whether an image refers to another file by name, so that no name may change. */
  public boolean isBacked(String image) throws MachineException {
    ByteBuffer head = ByteBuffer.wrap(contents.read(image, 0, QCOW2_HEAD_BYTES));
    return head.capacity() == QCOW2_HEAD_BYTES
        && head.getInt(0) == QCOW2_MAGIC
        && (head.getLong(QCOW2_BACKING_FILE_OFFSET) != 0
            || (head.getInt(QCOW2_VERSION_OFFSET) > 2
                && (head.getLong(QCOW2_FEATURES_OFFSET) & QCOW2_DATA_FILE) != 0));
  }

  /** The VM's hard disks: those its configuration names, else every image. */
  public List<VmDisk> disks() throws UnsoundException, MachineException {
    List<VmDisk> disks = new ArrayList<>();
    Optional<Vmx> vmx = configuration();
    if (vmx.isPresent()) {
      for (FileReference disk : vmx.get().disks()) {
        if (paths.contains(disk.localPath())) {
          disks.add(new VmDisk(disk.localPath(), capacityBytes(disk.localPath())));
        }
      }
      return disks;
    }
    Optional<DomainXml> domain = domain();
    if (domain.isPresent()) {
      for (DomainXml.Disk disk : domain.get().disks()) {
        Optional<String> file = localFile(disk);
        if (disk.isWritten() && file.isPresent()) {
          disks.add(new VmDisk(file.get(), capacityBytes(file.get())));
        }
      }
      return disks;
    }
    for (String path : paths) {
      FileKind kind = kind(path);
      if (!path.contains("/") && (kind == FileKind.IMAGE || kind == FileKind.DISK)) {
        disks.add(new VmDisk(path, capacityBytes(path)));
      }
    }
    return disks;
  }

  /** The size of a disk as its guest sees it; of one that can not be read, the file's. */
  private long capacityBytes(String path) throws UnsoundException, MachineException {
    try {
      if (path.toLowerCase(Locale.ROOT).endsWith(".vmdk")) {
        switch (content(path)) {
          case DESCRIPTOR -> {
            return VmdkDescriptor.parse(text(path)).capacityBytes();
          }
          case HOSTED_SPARSE -> {
            return SparseHeader.parse(contents.read(path, 0, SparseHeader.BYTES)).capacityBytes();
          }
          case VMFS_SPARSE, SE_SPARSE, RAW -> {
            return contents.sizeBytes(path);
          }
        }
      }
      ByteBuffer head = ByteBuffer.wrap(contents.read(path, 0, QCOW2_HEAD_BYTES));
      boolean qcow2 = head.capacity() == QCOW2_HEAD_BYTES && head.getInt(0) == QCOW2_MAGIC;
      return qcow2 ? head.getLong(QCOW2_SIZE_OFFSET) : contents.sizeBytes(path);
    } catch (FormatException unreadable) {
      return contents.sizeBytes(path);
    }
  }
}
