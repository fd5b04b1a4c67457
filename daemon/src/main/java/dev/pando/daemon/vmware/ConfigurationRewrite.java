package dev.pando.daemon.vmware;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
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
  /** Identity that the hypervisor makes anew, and traces of a run. */
  private static final Set<String> REMOVED =
      Set.of(
          "uuid.location",
          "vc.uuid",
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

  private static final Pattern SAS_ADDRESS = Pattern.compile("scsi\\d+\\.saswwid");
  private static final Pattern PORT_FILE = Pattern.compile("((serial|parallel)\\d+)\\.filename");
  private static final Pattern FLOPPY_FILE = Pattern.compile("(floppy\\d+)\\.filename");
  private static final Pattern SHARED_FOLDER = Pattern.compile("sharedfolder\\d+\\.hostpath");

  private final Vmx vmx;
  private final VmxDictionary dictionary;
  private final RecordedEdit edit;
  private final String displayName;
  private final Identity identity;
  private final Renaming renaming;
  private final List<String> warnings = new ArrayList<>();

  ConfigurationRewrite(Vmx vmx, String displayName, Identity identity, Renaming renaming) {
    this.vmx = vmx;
    this.dictionary = vmx.dictionary();
    this.edit = new RecordedEdit(dictionary);
    this.displayName = displayName;
    this.identity = identity;
    this.renaming = renaming;
  }

  /** Applies every rule; to be called once. */
  Rewritten apply() throws FormatException {
    if (vmx.isEncrypted()) {
      throw new FormatException(
          "is encrypted or has a virtual TPM: remove both in the hypervisor first");
    }
    rewriteIdentity();
    for (int number : vmx.adapters()) {
      rewriteAdapter(number);
    }
    for (String name : dictionary.names()) {
      rewriteEntry(name);
    }
    return new Rewritten(dictionary.bytes(), edit.changes(), List.copyOf(warnings));
  }

  /**
   * The machine is to keep the identity it is given here wherever the mount lies. So uuid.action is
   * "keep", and uuid.location goes, a hash of the place.
   */
  private void rewriteIdentity() {
    edit.set("displayName", displayName);
    edit.set("uuid.bios", identity.uuid().spaced());
    edit.set("uuid.action", "keep");
    edit.replace("vmci0.id", Integer.toString(identity.uuid().vmciId()));
    edit.replace("vm.genid", Long.toString(identity.generationId()));
    edit.replace("vm.genidX", Long.toString(identity.generationIdX()));
  }

  private void rewriteAdapter(int number) {
    String adapter = "ethernet" + number;
    boolean hasAddress =
        dictionary.get(adapter + ".generatedAddress").isPresent()
            || dictionary.get(adapter + ".address").isPresent()
            || dictionary.get(adapter + ".addressType").isPresent();
    if (!hasAddress && !dictionary.isTrue(adapter + ".present")) {
      return;
    }
    int offset = number * Identity.ADAPTER_STEP;
    edit.set(adapter + ".addressType", "generated");
    edit.set(adapter + ".generatedAddress", identity.uuid().generatedMac(offset));
    edit.set(adapter + ".generatedAddressOffset", Integer.toString(offset));
    edit.remove(adapter + ".address");
  }

  private void rewriteEntry(String name) {
    String key = name.toLowerCase(Locale.ROOT);
    String value = dictionary.get(name).orElse("");
    if (REMOVED.contains(key) || SAS_ADDRESS.matcher(key).matches()) {
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
    } else if (key.equals("remotedisplay.vnc.port")) {
      rewriteRemoteDisplay(value);
    } else if (SHARED_FOLDER.matcher(key).matches()) {
      warnings.add("The clone shares the host's folder " + value + " with its template.");
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
      warnings.add("The path " + value + " of " + name + " means another place in the clone.");
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

  private void rewriteRemoteDisplay(String port) {
    if (dictionary.isTrue("RemoteDisplay.vnc.enabled")) {
      edit.set("RemoteDisplay.vnc.enabled", "FALSE");
      warnings.add("The template shows its screen on port " + port + "; the clone does not.");
    }
  }
}
