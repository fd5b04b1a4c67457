package dev.pando.daemon.vmware;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The rules by which a template's {@code .vmx} becomes a clone's, key by key. Three things go: the
 * template's identity, everything about a running or suspended machine, and every path by which the
 * clone could reach a file of the template. Virtual hardware is never touched, for the guest would
 * see another machine.
 */
final class ConfigurationRewrite {
  /** Traces of a run, and of what the template was. */
  private static final Set<String> REMOVED =
      Set.of(
          "sched.swap.derivedname",
          "migrate.hostlog",
          "templatevm",
          // With a search path, a clone could silently open its template's disk.
          "filesearchpath");

  private static final Set<String> EMPTIED = Set.of("checkpoint.vmstate", "policy.vm.mvmtid");
  private static final Set<String> REMOVED_OUTSIDE = Set.of("sched.swap.dir", "workingdir");

  /** Files of the VM's directory, by keys that name nothing else. */
  private static final Set<String> OWN_FILES =
      Set.of(
          "nvram", "extendedconfigfile", "log.filename", "vmx.log.filename", "vmxstats.filename");

  private static final Pattern PORT_FILE = Pattern.compile("((serial|parallel)\\d+)\\.filename");
  private static final Pattern FLOPPY_FILE = Pattern.compile("(floppy\\d+)\\.filename");
  private static final Pattern SHARED_FOLDER = Pattern.compile("(sharedfolder\\d+)\\.hostpath");
  private static final Pattern STORAGE_TYPE =
      Pattern.compile("((?:scsi|ide|sata|nvme)\\d+:\\d+)\\.devicetype");

  /** Where the hypervisor shows the screen if no port is given. */
  private static final String DEFAULT_VNC_PORT = "5900";

  private final Vmx vmx;
  private final VmxDictionary dictionary;
  private final RecordedEdit edit;
  private final String displayName;
  private final Identity identity;
  private final Renaming renaming;
  private final Optional<CloneOrigin> origin;
  private final List<String> warnings = new ArrayList<>();

  ConfigurationRewrite(
      Vmx vmx,
      String displayName,
      Identity identity,
      Renaming renaming,
      Optional<CloneOrigin> origin) {
    this.vmx = vmx;
    this.dictionary = vmx.dictionary();
    this.edit = new RecordedEdit(dictionary);
    this.displayName = displayName;
    this.identity = identity;
    this.renaming = renaming;
    this.origin = origin;
  }

  /** Applies every rule; to be called once. */
  Rewritten apply() throws FormatException {
    IdentityEdit.requireReadable(vmx);
    IdentityEdit anew = new IdentityEdit(vmx, edit, identity);
    edit.set("displayName", displayName);
    anew.machine();
    anew.adaptersInUse();
    if (origin.isPresent()) {
      String notes = dictionary.get("annotation").orElse("");
      edit.set("annotation", origin.get().appendedTo(notes));
    }
    for (String name : dictionary.names()) {
      rewriteEntry(name);
    }
    return new Rewritten(dictionary.bytes(), edit.changes(), List.copyOf(warnings));
  }

  private void rewriteEntry(String name) {
    String key = name.toLowerCase(Locale.ROOT);
    String value = dictionary.get(name).orElse("");
    if (REMOVED.contains(key)) {
      edit.remove(name);
    } else if (REMOVED_OUTSIDE.contains(key)) {
      if (FilePath.leavesDirectory(value)) {
        edit.remove(name);
      }
    } else if (EMPTIED.contains(key) || key.endsWith(".redo")) {
      edit.set(name, "");
    } else if (key.equals("ctkenabled") || key.endsWith(".ctkenabled") || key.equals("invmteam")) {
      edit.set(name, "FALSE");
    } else if (key.equals("cleanshutdown")) {
      edit.set(name, "TRUE");
    } else if (OWN_FILES.contains(key)) {
      edit.set(name, renaming.renamePath(value));
    } else {
      rewriteDevice(name, key, value);
    }
  }

  private void rewriteDevice(String name, String key, String value) {
    Matcher storage = Vmx.STORAGE_FILE.matcher(key);
    Matcher port = PORT_FILE.matcher(key);
    Matcher floppy = FLOPPY_FILE.matcher(key);
    Matcher type = STORAGE_TYPE.matcher(key);
    Matcher folder = SHARED_FOLDER.matcher(key);
    if (storage.matches()) {
      rewriteStorage(name, storage.group(1), value);
    } else if (port.matches()) {
      rewritePort(name, port.group(1), value);
    } else if (floppy.matches()) {
      if (isType(floppy.group(1), "file")) {
        rewriteMedium(name, value);
      } else {
        disconnect(floppy.group(1));
      }
    } else if (type.matches()) {
      rewriteDrive(type.group(1));
    } else if (folder.matches()) {
      warnOfFolder(folder.group(1), value);
    } else {
      rewriteService(name, key, value);
    }
  }

  private void rewriteService(String name, String key, String value) {
    switch (key) {
      case "remotedisplay.vnc.enabled" -> rewriteRemoteDisplay(name);
      case "guestinfo.instance-id" -> edit.set(name, identity.uuid().dashed());
      case "guestinfo.metadata" -> rewriteMetadata(name, value);
      default -> {}
    }
  }

  private void rewriteMetadata(String name, String value) {
    GuestMetadata metadata =
        new GuestMetadata(value, dictionary.get("guestinfo.metadata.encoding").orElse(""));
    metadata.withInstanceId(identity.uuid().dashed()).ifPresent(anew -> edit.set(name, anew));
    if (metadata.mayKeepInstanceId() && !value.isBlank()) {
      warn(
          "The clone has its template's guestinfo.metadata, which could not be read. If an"
              + " instance-id is in it, cloud-init takes the clone for the same machine.");
    }
  }

  /** A message is one line, however long or odd the value in it. */
  private void warn(String warning) {
    warnings.add(FormatException.printable(warning));
  }

  private void warnOfFolder(String folder, String path) {
    if (!dictionary.isFalse(folder + ".present") && !dictionary.isFalse(folder + ".enabled")) {
      warn("The clone shares the host's folder " + path + " with its template.");
    }
  }

  /** A drive of the host that is found by itself may have no file name. */
  private void rewriteDrive(String device) {
    boolean hasFile = dictionary.get(device + ".fileName").isPresent();
    if (!hasFile && vmx.storageType(device, "") == Vmx.StorageType.HOST_DRIVE) {
      disconnect(device);
    }
  }

  private void rewriteStorage(String name, String device, String value) {
    switch (vmx.storageType(device, value)) {
      case DISK -> {
        if (!value.isBlank()) {
          edit.set(name, renaming.renamePath(value));
        }
      }
      case CD_IMAGE -> rewriteMedium(name, value);
      case HOST_DRIVE -> disconnect(device);
    }
  }

  /** An image elsewhere is read by any number of machines; one in the directory, the clone has. */
  private void rewriteMedium(String name, String value) {
    if (FilePath.isAbsolute(value)) {
      return;
    }
    if (FilePath.leavesDirectory(value)) {
      warn("The path " + value + " of " + name + " means another place in the clone.");
    } else if (!value.isBlank()) {
      edit.set(name, renaming.renamePath(value));
    }
  }

  /** Two machines can not write one file, serve one pipe or one port, or hold one device. */
  private void rewritePort(String name, String port, String value) {
    if (isType(port, "file")) {
      if (!value.isBlank()) {
        edit.set(name, renaming.renamePath(value));
      }
    } else if (isType(port, "pipe")) {
      edit.set(name, value + "-" + displayName.replace('/', '-'));
    } else if (isType(port, "thinprint")) {
      // A printer inside the hypervisor, of which every machine has its own.
      return;
    } else if (!isType(port, "network") || !isEndPoint(port, "client")) {
      disconnect(port);
    }
  }

  private boolean isType(String device, String type) {
    return dictionary.get(device + ".fileType").filter(type::equalsIgnoreCase).isPresent();
  }

  private boolean isEndPoint(String port, String end) {
    String key = port + ".network.endPoint";
    return dictionary.get(key).filter(end::equalsIgnoreCase).isPresent();
  }

  private void disconnect(String device) {
    edit.set(device + ".startConnected", "FALSE");
  }

  /** Two machines can not serve one port. */
  private void rewriteRemoteDisplay(String name) {
    if (dictionary.isTrue(name)) {
      String port = dictionary.get("RemoteDisplay.vnc.port").orElse(DEFAULT_VNC_PORT);
      edit.set(name, "FALSE");
      warn("The template shows its screen on port " + port + "; the clone does not.");
    }
  }
}
