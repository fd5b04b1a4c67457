package dev.pando.daemon.vm;

import dev.pando.cowstore.CowStore;
import dev.pando.cowstore.StoreException;
import dev.pando.daemon.qemu.DomainRewrite;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.PandoTree;
import dev.pando.daemon.vm.files.Failures;
import dev.pando.daemon.vm.files.Inspection;
import dev.pando.daemon.vm.files.Inventory;
import dev.pando.daemon.vm.files.MachineException;
import dev.pando.daemon.vm.files.UnsoundException;
import dev.pando.daemon.vm.files.VmDirectory;
import dev.pando.daemon.vm.files.VmFile;
import dev.pando.daemon.vm.listing.Machine;
import dev.pando.daemon.vm.making.Identities;
import dev.pando.daemon.vm.making.Replacements;
import dev.pando.daemon.vm.running.Activity;
import dev.pando.daemon.vmware.FileKind;
import dev.pando.daemon.vmware.FormatException;
import dev.pando.daemon.vmware.Identity;
import dev.pando.daemon.vmware.IdentityRewrite;
import dev.pando.daemon.vmware.SparseHeader;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a copied VM a machine of its own: new UUIDs and MAC addresses in its files, and nothing
 * else. Used under the lock on operations.
 */
final class IdentityRenewal {
  private static final Logger LOG = LoggerFactory.getLogger(IdentityRenewal.class);

  private final CowStore store;
  private final PandoTree tree;
  private final Inventory inventory;

  IdentityRenewal(CowStore store, PandoTree tree, Inventory inventory) {
    this.store = store;
    this.tree = tree;
    this.inventory = inventory;
  }

  /** Renews the identity of a VM; returns what was changed. */
  List<Machine.Change> renew(String name) throws MachineException {
    VmDirectory vm = inventory.find(name);
    if (vm.isTemplate()) {
      throw refused(vm, "it is a template. Thaw it first, or clone it: a clone has its own");
    }
    try {
      Identity identity = new Identities(tree.view()).next();
      Replacements replacements = replacements(vm, identity);
      if (replacements.isEmpty()) {
        throw refused(vm, "no file of it says who it is: it has neither uuid nor MAC address");
      }
      replacements.carryOut(
          (edit, now) -> {
            Activity activity = Activity.of(tree.view(), now);
            if (activity.isRunning()) {
              throw refused(vm, activity.sentence(vm.name()));
            }
            Identities.record(edit, identity.uuid(), vm.node().number());
          });
      store.commit();
      LOG.info("gave {} a new identity", vm.name());
      return replacements.changes();
    } catch (UnsoundException e) {
      throw refused(vm, e.getMessage() + ". Put that right and try again");
    } catch (ErrnoException e) {
      throw Failures.translate(e);
    } catch (StoreException e) {
      throw Failures.translate(e);
    }
  }

  private Replacements replacements(VmDirectory vm, Identity identity)
      throws UnsoundException, MachineException, ErrnoException {
    Inspection inspection = vm.inspect(tree.view());
    inspection.check();
    Replacements replacements = new Replacements(tree, vm, why -> refused(vm, why));
    for (VmFile file : vm.files()) {
      if (!file.node().isRegular() || !file.hasPlainName()) {
        continue;
      }
      try {
        add(replacements, inspection, identity, file);
      } catch (FormatException e) {
        throw Inspection.unsound(file.path(), e);
      }
    }
    return replacements;
  }

  /** The new content of a file that says who the machine is; of any other nothing. */
  private void add(Replacements replacements, Inspection inspection, Identity identity, VmFile file)
      throws FormatException, UnsoundException, MachineException, ErrnoException {
    String path = file.path();
    IdentityRewrite rewrite = new IdentityRewrite(identity);
    FileKind kind = inspection.kind(file.name());
    if (inspection.isDomain(path)) {
      replacements.add(file, DomainRewrite.renew(inspection.text(path), identity));
    } else if (kind == FileKind.CONFIGURATION && inspection.isConfiguration(path)) {
      replacements.add(file, rewrite.configuration(inspection.text(path)));
    } else if (kind == FileKind.SUPPLEMENT && inspection.isSupplement(path)) {
      replacements.add(file, rewrite.supplement(inspection.text(path)));
    } else if (kind == FileKind.DISK) {
      addDisk(replacements, inspection, rewrite, file);
    }
  }

  private void addDisk(
      Replacements replacements, Inspection inspection, IdentityRewrite rewrite, VmFile file)
      throws FormatException, UnsoundException, MachineException, ErrnoException {
    String path = file.path();
    switch (inspection.content(path)) {
      case DESCRIPTOR ->
          replacements.add(file, rewrite.descriptor(file.name(), inspection.text(path)));
      case HOSTED_SPARSE -> {
        SparseHeader header = SparseHeader.parse(inspection.head(path, SparseHeader.BYTES));
        if (header.hasDescriptor()) {
          long offset = header.descriptorOffsetBytes();
          byte[] region =
              tree.view().read(file.node().number(), offset, header.descriptorLengthBytes());
          replacements.add(file, offset, rewrite.embeddedDescriptor(file.name(), region));
        }
      }
      case VMFS_SPARSE, SE_SPARSE, RAW -> {
        // nothing in it says who the machine is
      }
    }
  }

  private static MachineException refused(VmDirectory vm, String why) {
    return MachineException.refused(
        "\"" + vm.name() + "\" can not get another identity: " + why + ".");
  }
}
