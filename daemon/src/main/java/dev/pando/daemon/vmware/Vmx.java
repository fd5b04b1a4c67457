package dev.pando.daemon.vmware;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a {@code .vmx} says of its machine: a reading view of its dictionary. Not thread-safe. */
public final class Vmx {
  static final Pattern STORAGE_FILE =
      Pattern.compile("((?:scsi|ide|sata|nvme)\\d+:\\d+)\\.filename", Pattern.CASE_INSENSITIVE);

  private static final Pattern FLOPPY_FILE =
      Pattern.compile("(floppy\\d+)\\.filename", Pattern.CASE_INSENSITIVE);

  /** A number with a zero before it names no adapter. */
  private static final Pattern ADAPTER =
      Pattern.compile("ethernet(0|[1-9]\\d*)\\..*", Pattern.CASE_INSENSITIVE);

  private final VmxDictionary dictionary;

  private Vmx(VmxDictionary dictionary) {
    this.dictionary = dictionary;
  }

  /**
   * Reads a configuration.
   *
   * @throws FormatException if {@link VmxDictionary#parse} can not read it, or the text breaks off
   */
  public static Vmx parse(byte[] bytes) throws FormatException {
    VmxDictionary dictionary = VmxDictionary.parse(bytes);
    if (dictionary.isCutOff()) {
      throw new FormatException(
          bytes.length == 0 ? "is empty" : "is cut off, or is no virtual machine configuration");
    }
    return new Vmx(dictionary);
  }

  /** The dictionary this view reads. */
  public VmxDictionary dictionary() {
    return dictionary;
  }

  public Optional<String> displayName() {
    return dictionary.get("displayName");
  }

  /** {@code uuid.bios}, if there is one that can be read. */
  public Optional<MachineUuid> uuid() {
    return dictionary.get("uuid.bios").flatMap(MachineUuid::parse);
  }

  /** Whether the content is encrypted, or a virtual TPM holds secrets no clone may share. */
  public boolean isEncrypted() {
    return dictionary.names().stream().anyMatch(this::isSecret);
  }

  private boolean isSecret(String name) {
    String key = name.toLowerCase(Locale.ROOT);
    return key.startsWith("encryption.")
        || (key.startsWith("vtpm.") && !dictionary.isFalse("vtpm.present"));
  }

  /**
   * Whether the machine is suspended: its memory lies in a file, and its disks do not stand alone.
   */
  public boolean isSuspended() {
    return dictionary.get("checkpoint.vmState").filter(state -> !state.isEmpty()).isPresent();
  }

  /**
   * The adapters {@code ethernetN} that are mentioned, present or not, by number; numbers can be of
   * any length.
   */
  List<String> adapters() {
    Set<String> numbers =
        new TreeSet<>(Comparator.comparing(String::length).thenComparing(Function.identity()));
    for (String name : dictionary.names()) {
      Matcher adapter = ADAPTER.matcher(name);
      if (adapter.matches()) {
        numbers.add(adapter.group(1));
      }
    }
    return numbers.stream().map(number -> "ethernet" + number).toList();
  }

  /**
   * The MAC addresses of the adapters that are present, in their order, as far as they are set, in
   * lower case.
   */
  public List<String> macAddresses() {
    List<String> addresses = new ArrayList<>();
    for (String adapter : adapters()) {
      if (dictionary.isTrue(adapter + ".present")) {
        macAddress(adapter).ifPresent(addresses::add);
      }
    }
    return addresses;
  }

  /** An address set by hand counts for {@code static}; {@code vpx} and others are generated. */
  private Optional<String> macAddress(String adapter) {
    String type = dictionary.get(adapter + ".addressType").orElse("").strip();
    if (type.equalsIgnoreCase("static")) {
      return address(adapter + ".address");
    }
    Optional<String> generated = address(adapter + ".generatedAddress");
    return generated.isEmpty() && type.isEmpty() ? address(adapter + ".address") : generated;
  }

  private Optional<String> address(String key) {
    return dictionary
        .get(key)
        .map(address -> address.strip().toLowerCase(Locale.ROOT))
        .filter(address -> !address.isEmpty());
  }

  /**
   * The files that the machine uses, in file order; devices that are not present, and drives of the
   * host, are left out.
   */
  public List<FileReference> files() {
    List<FileReference> files = new ArrayList<>();
    for (String name : dictionary.names()) {
      String path = dictionary.get(name).orElse("");
      if (!path.isBlank()) {
        role(name, path).ifPresent(role -> files.add(new FileReference(name, path, role)));
      }
    }
    return files;
  }

  /** The machine's hard disks. */
  public List<FileReference> disks() {
    return files().stream().filter(file -> file.role() == FileReference.Role.DISK).toList();
  }

  private Optional<FileReference.Role> role(String name, String path) {
    if (name.equalsIgnoreCase("nvram")) {
      return Optional.of(FileReference.Role.NVRAM);
    }
    if (name.equalsIgnoreCase("extendedConfigFile")) {
      return Optional.of(FileReference.Role.SUPPLEMENT);
    }
    Matcher storage = STORAGE_FILE.matcher(name);
    if (storage.matches()) {
      return isPresent(storage.group(1)) ? storageRole(storage.group(1), path) : Optional.empty();
    }
    Matcher floppy = FLOPPY_FILE.matcher(name);
    boolean isImage =
        floppy.matches()
            && isPresent(floppy.group(1))
            && dictionary
                .get(floppy.group(1) + ".fileType")
                .filter("file"::equalsIgnoreCase)
                .isPresent();
    return isImage ? Optional.of(FileReference.Role.FLOPPY_IMAGE) : Optional.empty();
  }

  private boolean isPresent(String device) {
    return !dictionary.isFalse(device + ".present");
  }

  private Optional<FileReference.Role> storageRole(String device, String path) {
    return switch (storageType(device, path)) {
      case DISK -> Optional.of(FileReference.Role.DISK);
      case CD_IMAGE -> Optional.of(FileReference.Role.CD_IMAGE);
      case HOST_DRIVE -> Optional.empty();
    };
  }

  /** What stands behind a storage device. */
  enum StorageType {
    DISK,
    CD_IMAGE,
    HOST_DRIVE
  }

  /** Told by {@code deviceType}, and without one by the file's name (libvirt, src/vmx/vmx.c). */
  StorageType storageType(String device, String path) {
    String type = dictionary.get(device + ".deviceType").orElse("").toLowerCase(Locale.ROOT);
    if (type.equals("cdrom-image")) {
      return StorageType.CD_IMAGE;
    }
    if (type.startsWith("cdrom") || type.startsWith("atapi") || type.equals("scsi-passthru")) {
      return StorageType.HOST_DRIVE;
    }
    boolean isIso = type.isEmpty() && path.toLowerCase(Locale.ROOT).endsWith(".iso");
    return isIso ? StorageType.CD_IMAGE : StorageType.DISK;
  }
}
