package dev.pando.daemon.vmware;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Turns the text files of a template into those of one clone. To the hypervisor the clone is a
 * machine of its own with base disks of its own: no file names the template. Immutable.
 */
public final class CloneRewrite {
  private final String name;
  private final Identity identity;
  private final Renaming renaming;
  private final Optional<CloneOrigin> origin;

  /**
   * @param name the clone's name, as it is shown
   * @param identity the clone's own
   * @param renaming what the clone's files are called
   */
  public CloneRewrite(String name, Identity identity, Renaming renaming) {
    this(name, identity, renaming, Optional.empty());
  }

  /**
   * @param name the clone's name, as it is shown
   * @param identity the clone's own
   * @param renaming what the clone's files are called
   * @param origin what the clone's {@code annotation} says it was made of; without, it stays
   */
  public CloneRewrite(
      String name, Identity identity, Renaming renaming, Optional<CloneOrigin> origin) {
    this.name = name;
    this.identity = identity;
    this.renaming = renaming;
    this.origin = origin;
  }

  /**
   * The clone's {@code .vmx}.
   *
   * @throws FormatException if the template's can not be read, is cut off, is encrypted, or has
   *     more network adapters in use than {@link Identity#MAX_ADAPTERS}
   */
  public Rewritten configuration(byte[] vmx) throws FormatException {
    return new ConfigurationRewrite(Vmx.parse(vmx), name, identity, renaming, origin).apply();
  }

  /**
   * The clone's descriptor of a disk.
   *
   * @param fileName the descriptor's name in the template
   * @throws FormatException if it can not be read, or names a physical disk or a file outside the
   *     VM's directory
   */
  public Rewritten descriptor(String fileName, byte[] text) throws FormatException {
    return descriptor(fileName, VmdkDescriptor.parse(text));
  }

  /**
   * The clone's descriptor inside a sparse image, of the same length.
   *
   * @param fileName the image's name in the template
   * @param region all bytes that {@link SparseHeader} gives the descriptor
   * @throws FormatException as {@link #descriptor}; also if the new one does not fit
   */
  public Rewritten embeddedDescriptor(String fileName, byte[] region) throws FormatException {
    return descriptor(fileName, VmdkDescriptor.parseEmbedded(region));
  }

  private Rewritten descriptor(String fileName, VmdkDescriptor disk) throws FormatException {
    if (disk.isPhysical()) {
      throw new FormatException("stands for a physical disk, whose data can not be cloned");
    }
    List<String> outside = disk.filesOutside();
    if (!outside.isEmpty()) {
      throw new FormatException("names a file outside its directory: " + outside.get(0));
    }
    Optional<String> oldUuid = disk.diskUuid();
    Optional<String> oldTracking = disk.changeTrackPath();
    List<String> oldFiles = disk.files();
    disk.setDiskUuid(identity.diskUuid(renaming.rename(fileName)));
    disk.dropChangeTracking();
    disk.rename(renaming);
    List<KeyChange> changes = new ArrayList<>();
    KeyChange.note(changes, "ddb.uuid", oldUuid, disk.diskUuid());
    KeyChange.note(changes, "changeTrackPath", oldTracking, disk.changeTrackPath());
    List<String> newFiles = disk.files();
    for (int i = 0; i < oldFiles.size(); i++) {
      KeyChange.note(changes, "file", Optional.of(oldFiles.get(i)), Optional.of(newFiles.get(i)));
    }
    return new Rewritten(disk.bytes(), changes, List.of());
  }

  /**
   * The clone's {@code .vmxf}.
   *
   * @param vmxFileName the name of the template's {@code .vmx}, or {@code .vmtx}, which becomes the
   *     clone's {@code .vmx}
   * @throws FormatException if it is no such file
   */
  public Rewritten supplement(byte[] vmxf, String vmxFileName) throws FormatException {
    Vmxf supplement = Vmxf.parse(vmxf);
    Optional<String> oldPath = supplement.vmxPath();
    Optional<String> oldId = supplement.memberId().map(MachineUuid::spaced);
    supplement.setVmxPath(VmFiles.runnableName(renaming.rename(vmxFileName)));
    supplement.setMemberId(identity.memberId());
    List<KeyChange> changes = new ArrayList<>();
    KeyChange.note(changes, "vmxPathName", oldPath, supplement.vmxPath());
    KeyChange.note(changes, "VMId", oldId, supplement.memberId().map(MachineUuid::spaced));
    return new Rewritten(supplement.bytes(), changes, List.of());
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "clone %s with identity %s", name, identity.uuid());
  }
}
