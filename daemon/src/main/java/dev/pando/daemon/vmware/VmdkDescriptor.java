package dev.pando.daemon.vmware;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;

/**
 * A disk's descriptor: which extents its data lies in, and the disk database ({@code ddb.*}). Its
 * header and database have a dictionary's lines; extent lines are what the dictionary keeps as it
 * is. All that is not changed keeps its bytes. Not thread-safe.
 *
 * <p>Format: libvmdk, "VMWare Virtual Disk Format"; QEMU block/vmdk.c.
 */
public final class VmdkDescriptor {
  private static final String NO_PARENT = "ffffffff";

  private static final Set<String> PHYSICAL_TYPES =
      Set.of(
          "fulldevice",
          "partitioneddevice",
          "vmfsraw",
          "vmfsrdm",
          "vmfsrawdevicemap",
          "vmfsrdmp",
          "vmfspassthroughrawdevicemap");

  /** Newer ones may mean something that is not known here. */
  private static final Set<String> VERSIONS = Set.of("1", "2", "3");

  private final VmxDictionary dictionary;
  private final boolean isPhysical;

  /** The bytes of the region an embedded descriptor was read from; empty for a file of its own. */
  private final Optional<byte[]> region;

  /** How long a file of its own is with the zeros behind its text; 0 if there are none. */
  private final int paddedBytes;

  private VmdkDescriptor(VmxDictionary dictionary, Optional<byte[]> region, int paddedBytes)
      throws FormatException {
    this.dictionary = dictionary;
    this.region = region;
    this.paddedBytes = paddedBytes;
    if (dictionary.get("version").isEmpty()) {
      throw new FormatException("is no disk descriptor: it has no line \"version=\"");
    }
    String version = dictionary.get("version").orElse("");
    if (!VERSIONS.contains(version)) {
      throw new FormatException(
          "is a disk descriptor of version \"" + version + "\", which is not known");
    }
    List<VmdkExtent> extents = extents();
    if (extents.isEmpty()) {
      throw new FormatException("names no extent: the descriptor is cut off");
    }
    isPhysical =
        PHYSICAL_TYPES.contains(createType().toLowerCase(Locale.ROOT))
            || extents.stream().anyMatch(VmdkExtent::isPhysical);
  }

  /**
   * Reads a descriptor that is a file of its own. Zeros may follow the text: QEMU, when it writes
   * another CID, makes the file 10,240 bytes long (block/vmdk.c, vmdk_write_cid).
   *
   * @throws FormatException if it is no descriptor, is cut off, or has an extent line that can not
   *     be read
   */
  public static VmdkDescriptor parse(byte[] bytes) throws FormatException {
    int end = bytes.length;
    while (end > 0 && bytes[end - 1] == 0) {
      end--;
    }
    VmxDictionary text = VmxDictionary.parseDescriptor(Arrays.copyOf(bytes, end));
    return new VmdkDescriptor(text, Optional.empty(), end < bytes.length ? bytes.length : 0);
  }

  /**
   * Reads a descriptor inside a sparse image.
   *
   * @param region all bytes that {@link SparseHeader} says it has; the text ends at the first NUL
   * @throws FormatException as {@link #parse}
   */
  public static VmdkDescriptor parseEmbedded(byte[] region) throws FormatException {
    int end = 0;
    while (end < region.length && region[end] != 0) {
      end++;
    }
    VmxDictionary text = VmxDictionary.parseDescriptor(Arrays.copyOf(region, end));
    return new VmdkDescriptor(text, Optional.of(region.clone()), 0);
  }

  /** {@code createType}, for instance {@code monolithicFlat}; empty if there is none. */
  public String createType() {
    return dictionary.get("createType").orElse("");
  }

  /** The content id, 8 hexadecimal digits. */
  public Optional<String> contentId() {
    return dictionary.get("CID");
  }

  /** The content id that the parent must have; empty for a base disk. */
  public Optional<String> parentContentId() {
    return dictionary.get("parentCID").filter(id -> !id.equalsIgnoreCase(NO_PARENT));
  }

  /** The parent's descriptor, relative to this one's directory or absolute. */
  public Optional<String> parentPath() {
    return dictionary.get("parentFileNameHint").filter(path -> !path.isBlank());
  }

  /** {@code ddb.uuid} as it stands there. */
  public Optional<String> diskUuid() {
    return dictionary.get("ddb.uuid");
  }

  /** Whether the data lies on a physical disk and not in files. */
  public boolean isPhysical() {
    return isPhysical;
  }

  /** The extents in their order. */
  public List<VmdkExtent> extents() throws FormatException {
    List<VmdkExtent> extents = new ArrayList<>();
    for (Matcher line : extentLines().values()) {
      extents.add(VmdkExtent.of(line, path(line)));
    }
    return extents;
  }

  /** The size of the disk. */
  public long capacityBytes() throws FormatException {
    long sectors = 0;
    for (VmdkExtent extent : extents()) {
      sectors += extent.sectors();
      if (sectors < 0 || sectors > Long.MAX_VALUE / 512) {
        throw new FormatException("names extents that are impossibly large together");
      }
    }
    return sectors * 512;
  }

  /** The extent lines, each byte as one char, by their position in the dictionary. */
  private Map<Integer, Matcher> extentLines() throws FormatException {
    Map<Integer, Matcher> found = new LinkedHashMap<>();
    for (Map.Entry<Integer, byte[]> other : dictionary.otherLines().entrySet()) {
      String text = new String(other.getValue(), StandardCharsets.ISO_8859_1);
      Matcher line = VmdkExtent.LINE.matcher(text);
      if (line.matches()) {
        found.put(other.getKey(), line);
      } else if (VmdkExtent.BEGINNING.matcher(text).matches()) {
        throw new FormatException("has an extent line that can not be read: " + text.strip());
      }
    }
    return found;
  }

  private Optional<String> path(Matcher line) {
    return Optional.ofNullable(line.group(VmdkExtent.PATH_GROUP))
        .map(path -> dictionary.decode(path.getBytes(StandardCharsets.ISO_8859_1)));
  }

  /**
   * All files the descriptor names (extents, then the parent) by path, each once.
   *
   * @throws FormatException if an extent line can not be read
   */
  public List<String> files() throws FormatException {
    List<String> files = new ArrayList<>();
    for (VmdkExtent extent : extents()) {
      extent.path().ifPresent(files::add);
    }
    parentPath().ifPresent(files::add);
    return files.stream().distinct().toList();
  }

  /** The files that are absolute paths or leave the directory: a VM with such a disk is refused. */
  public List<String> filesOutside() throws FormatException {
    return files().stream().filter(FilePath::leavesDirectory).toList();
  }

  /** Gives the disk a UUID, in VMware's form, if it has one; see {@link Identity#diskUuid}. */
  void setDiskUuid(String uuid) {
    if (diskUuid().isPresent()) {
      dictionary.set("ddb.uuid", uuid);
    }
  }

  /** The file of changed block tracking. */
  Optional<String> changeTrackPath() {
    return dictionary.get("changeTrackPath");
  }

  /** Forgets the changed block tracking file. */
  void dropChangeTracking() {
    dictionary.remove("changeTrackPath");
  }

  /** Renames the files the descriptor names. */
  void rename(Renaming renaming) throws FormatException {
    for (String path : files()) {
      // First of all, because a name that only UTF-8 can hold changes every line.
      dictionary.encode(renaming.renamePath(path));
    }
    parentPath().ifPresent(path -> dictionary.set("parentFileNameHint", renaming.renamePath(path)));
    for (Map.Entry<Integer, Matcher> extent : extentLines().entrySet()) {
      Optional<String> path = path(extent.getValue());
      if (path.isPresent() && !renaming.renamePath(path.get()).equals(path.get())) {
        renameExtent(extent.getKey(), extent.getValue(), renaming.renamePath(path.get()));
      }
    }
  }

  private void renameExtent(int position, Matcher line, String path) throws FormatException {
    if (path.indexOf('"') >= 0) {
      throw new FormatException("can not name a file with a quotation mark: " + path);
    }
    String before = line.group().substring(0, line.start(VmdkExtent.PATH_GROUP));
    String after = line.group().substring(line.end(VmdkExtent.PATH_GROUP));
    String encoded = new String(dictionary.encode(path), StandardCharsets.ISO_8859_1);
    dictionary.replaceOther(
        position, (before + encoded + after).getBytes(StandardCharsets.ISO_8859_1));
  }

  /**
   * The descriptor's bytes: of an embedded one exactly as many as were read, with zeros behind the
   * text.
   *
   * @throws FormatException if the text has outgrown the room it has in its image
   */
  public byte[] bytes() throws FormatException {
    byte[] text = dictionary.bytes();
    if (region.isEmpty()) {
      return Arrays.copyOf(text, Math.max(text.length, paddedBytes));
    }
    byte[] old = region.get();
    if (text.length > old.length) {
      throw new FormatException(
          "has room for a descriptor of " + old.length + " bytes, and it needs " + text.length);
    }
    boolean unchanged = Arrays.equals(text, 0, text.length, old, 0, text.length);
    boolean ended = text.length == old.length || old[text.length] == 0;
    return unchanged && ended ? old.clone() : Arrays.copyOf(text, old.length);
  }
}
