package dev.pando.daemon.vmware;

import java.util.Locale;
import java.util.regex.Pattern;

/**
 * A machine's identity, put into its configuration. The machine is to keep it wherever the mount
 * lies, so {@code uuid.action} is "keep", and {@code uuid.location} goes, a hash of the place; what
 * the hypervisor makes anew goes as well.
 */
final class IdentityEdit {
  private static final Pattern SAS_ADDRESS = Pattern.compile("scsi\\d+\\.saswwid");

  private final Vmx vmx;
  private final VmxDictionary dictionary;
  private final RecordedEdit edit;
  private final Identity identity;

  IdentityEdit(Vmx vmx, RecordedEdit edit, Identity identity) {
    this.vmx = vmx;
    this.dictionary = vmx.dictionary();
    this.edit = edit;
    this.identity = identity;
  }

  /** A new identity is of no use to a file that only its key can change. */
  static void requireReadable(Vmx vmx) throws FormatException {
    if (vmx.isEncrypted()) {
      throw new FormatException(
          "is encrypted or has a virtual TPM: remove both in the hypervisor first");
    }
  }

  void machine() {
    edit.set("uuid.bios", identity.uuid().spaced());
    edit.set("uuid.action", "keep");
    edit.replace("vmci0.id", Integer.toString(identity.uuid().vmciId()));
    edit.replace("vm.genid", Long.toString(identity.generationId()));
    edit.replace("vm.genidX", Long.toString(identity.generationIdX()));
    for (String name : dictionary.names()) {
      String key = name.toLowerCase(Locale.ROOT);
      if (key.equals("uuid.location")
          || key.equals("vc.uuid")
          || SAS_ADDRESS.matcher(key).matches()) {
        edit.remove(name);
      }
    }
  }

  /** Gives an address of its own to every adapter that has one. */
  void adaptersWithAddress() throws FormatException {
    for (String adapter : vmx.adapters()) {
      if (hasAddress(adapter)) {
        setAddress(adapter);
      }
    }
  }

  /** Gives an address of its own to every adapter that has one or would get one at the start. */
  void adaptersInUse() throws FormatException {
    for (String adapter : vmx.adapters()) {
      if (hasAddress(adapter)
          || dictionary.get(adapter + ".addressType").isPresent()
          || dictionary.isTrue(adapter + ".present")) {
        setAddress(adapter);
      }
    }
  }

  private boolean hasAddress(String adapter) {
    return dictionary.get(adapter + ".generatedAddress").isPresent()
        || dictionary.get(adapter + ".address").isPresent();
  }

  private void setAddress(String adapter) throws FormatException {
    String digits = adapter.substring("ethernet".length());
    // The addresses of an identity are free for so many adapters and no more.
    if (digits.length() > 3 || Integer.parseInt(digits) >= Identity.MAX_ADAPTERS) {
      throw new FormatException(
          "has the network adapter "
              + adapter
              + ": a machine has at most ten, ethernet0 to ethernet"
              + (Identity.MAX_ADAPTERS - 1));
    }
    int offset = Integer.parseInt(digits) * Identity.ADAPTER_STEP;
    edit.set(adapter + ".addressType", "generated");
    edit.set(adapter + ".generatedAddress", identity.uuid().generatedMac(offset));
    edit.set(adapter + ".generatedAddressOffset", Integer.toString(offset));
    edit.remove(adapter + ".address");
  }
}
