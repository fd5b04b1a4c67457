package dev.pando.daemon.vmware;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/** Tells by name what the files of a VM's directory are. */
public final class VmFiles {
  private static final Set<String> IMAGE_EXTENSIONS = Set.of("qcow2", "raw", "img", "vdi", "vhdx");

  private static final Set<String> LITTER_EXTENSIONS =
      Set.of("log", "hlog", "scoreboard", "vmtm", "vmpl", "dmp", "vmx~", "pid");
  private static final Set<String> LITTER_NAMES = Set.of("caches", "startmenu.plist");
  private static final Pattern EXTENT =
      Pattern.compile(".*-(flat|delta|sesparse|[sf]\\d{3,})\\.vmdk", Pattern.DOTALL);
  private static final Pattern PHYSICAL = Pattern.compile(".*-rdmp?\\.vmdk", Pattern.DOTALL);
  private static final Pattern REDO = Pattern.compile(".*\\.redo(_.*)?", Pattern.DOTALL);
  private static final Pattern SNAPSHOT_MEMORY =
      Pattern.compile(".*-snapshot\\d+\\.vmem", Pattern.DOTALL);

  private VmFiles() {}

  /**
   * What {@code fileName} is in a VM whose files are named after {@code stem}: with the stem {@code
   * my-flat}, {@code my-flat.vmdk} is the disk itself. Names are taken whatever their case.
   */
  public static FileKind kind(String fileName, String stem) {
    String name = fileName.toLowerCase(Locale.ROOT);
    if (name.endsWith(".vmdk")) {
      return name.equals(stem.toLowerCase(Locale.ROOT) + ".vmdk") ? FileKind.DISK : vmdkKind(name);
    }
    if (LITTER_NAMES.contains(name)) {
      return FileKind.LITTER;
    }
    if (REDO.matcher(name).matches()) {
      return FileKind.REDO_LOG;
    }
    String extension = extension(name);
    if (LITTER_EXTENSIONS.contains(extension)) {
      return FileKind.LITTER;
    }
    if (IMAGE_EXTENSIONS.contains(extension)) {
      return FileKind.IMAGE;
    }
    return switch (extension) {
      case "vmx", "vmtx" -> FileKind.CONFIGURATION;
      case "vmxf" -> FileKind.SUPPLEMENT;
      case "nvram" -> FileKind.NVRAM;
      case "vmsd" -> FileKind.SNAPSHOT_LIST;
      case "vmsn" -> FileKind.SNAPSHOT_STATE;
      case "vmss", "std" -> FileKind.SUSPENDED_STATE;
      case "vmem" -> memoryKind(name, stem.toLowerCase(Locale.ROOT));
      case "vswp" -> FileKind.MEMORY;
      case "lck" -> FileKind.LOCK;
      default -> kindWithoutExtension(name);
    };
  }

  /** The memory of a VM that is itself called {@code x-Snapshot1} is that of a run. */
  private static FileKind memoryKind(String name, String stem) {
    boolean isSnapshot = SNAPSHOT_MEMORY.matcher(name).matches() && !name.equals(stem + ".vmem");
    return isSnapshot ? FileKind.SNAPSHOT_MEMORY : FileKind.MEMORY;
  }

  private static FileKind kindWithoutExtension(String name) {
    if (name.startsWith(".lck-")) {
      return FileKind.LOCK;
    }
    return name.equals("nvram") ? FileKind.NVRAM : FileKind.OTHER;
  }

  private static FileKind vmdkKind(String name) {
    if (name.endsWith("-ctk.vmdk")) {
      return FileKind.CHANGE_TRACKING;
    }
    if (PHYSICAL.matcher(name).matches()) {
      return FileKind.PHYSICAL_DISK;
    }
    return EXTENT.matcher(name).matches() ? FileKind.EXTENT : FileKind.DISK;
  }

  private static String extension(String name) {
    int dot = name.lastIndexOf('.');
    return dot < 0 ? "" : name.substring(dot + 1);
  }

  /**
   * The name of a template's configuration in a machine that can run: vSphere calls it {@code
   * .vmtx} in a template and {@code .vmx} in a machine. Other names stay.
   */
  public static String runnableName(String fileName) {
    return extension(fileName.toLowerCase(Locale.ROOT)).equals("vmtx")
        ? fileName.substring(0, fileName.length() - "vmtx".length()) + "vmx"
        : fileName;
  }

  /**
   * Whether a file of this name holds a disk's data, or may hold it: a {@code NAME.vmdk} can be a
   * descriptor of some hundred bytes or a sparse image, and the name does not tell which.
   */
  public static boolean isDiskImage(String fileName) {
    String name = fileName.toLowerCase(Locale.ROOT);
    String extension = extension(name);
    return IMAGE_EXTENSIONS.contains(extension)
        || (extension.equals("vmdk") && !name.endsWith("-ctk.vmdk"));
  }

  /** {@link #isDiskImage(String)} of a name as the file system holds it. */
  public static boolean isDiskImage(byte[] fileName) {
    return isDiskImage(new String(fileName, StandardCharsets.UTF_8));
  }
}
