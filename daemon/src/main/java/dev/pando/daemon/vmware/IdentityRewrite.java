package dev.pando.daemon.vmware;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Gives an existing VM another identity: machine UUID, addresses, VMCI id, generation id, disk
 * UUIDs. Names, paths and everything else stay as they are, byte for byte. Immutable.
 */
public final class IdentityRewrite {
  private final Identity identity;

  /**
   * @param identity the new one
   */
  public IdentityRewrite(Identity identity) {
    this.identity = identity;
  }

  /**
   * The {@code .vmx} with the new identity.
   *
   * @throws FormatException if it can not be read, is cut off, is encrypted, or has an address for
   *     an adapter beyond {@link Identity#MAX_ADAPTERS}
   */
  public Rewritten configuration(byte[] vmx) throws FormatException {
    Vmx machine = Vmx.parse(vmx);
    IdentityEdit.requireReadable(machine);
    RecordedEdit edit = new RecordedEdit(machine.dictionary());
    IdentityEdit anew = new IdentityEdit(machine, edit, identity);
    anew.machine();
    anew.adaptersWithAddress();
    return new Rewritten(machine.dictionary().bytes(), edit.changes(), List.of());
  }

  /**
   * A disk's descriptor with another {@code ddb.uuid}, if it has one.
   *
   * @param fileName the descriptor's name
   * @throws FormatException if it can not be read
   */
  public Rewritten descriptor(String fileName, byte[] text) throws FormatException {
    return descriptor(fileName, VmdkDescriptor.parse(text));
  }

  /**
   * The descriptor inside a sparse image, of the same length.
   *
   * @param fileName the image's name
   * @param region all bytes that {@link SparseHeader} gives the descriptor
   * @throws FormatException if it can not be read, or the new one does not fit
   */
  public Rewritten embeddedDescriptor(String fileName, byte[] region) throws FormatException {
    return descriptor(fileName, VmdkDescriptor.parseEmbedded(region));
  }

  private Rewritten descriptor(String fileName, VmdkDescriptor disk) throws FormatException {
    List<KeyChange> changes = new ArrayList<>();
    Optional<String> before = disk.diskUuid();
    disk.setDiskUuid(identity.diskUuid(fileName));
    KeyChange.note(changes, "ddb.uuid", before, disk.diskUuid());
    return new Rewritten(disk.bytes(), changes, List.of());
  }

  /**
   * The {@code .vmxf} with another {@code VMId}.
   *
   * @throws FormatException if it is no such file
   */
  public Rewritten supplement(byte[] vmxf) throws FormatException {
    Vmxf supplement = Vmxf.parse(vmxf);
    List<KeyChange> changes = new ArrayList<>();
    Optional<String> before = supplement.memberId().map(MachineUuid::spaced);
    supplement.setMemberId(identity.memberId());
    KeyChange.note(changes, "VMId", before, supplement.memberId().map(MachineUuid::spaced));
    return new Rewritten(supplement.bytes(), changes, List.of());
  }
}
