package dev.pando.daemon.vm;

import dev.pando.cowstore.CowStore;
import dev.pando.cowstore.StoreException;
import dev.pando.daemon.qemu.DomainRewrite;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.PandoTree;
import dev.pando.daemon.tree.TreeEdit;
import dev.pando.daemon.vm.files.Failures;
import dev.pando.daemon.vm.files.Inspection;
import dev.pando.daemon.vm.files.Inventory;
import dev.pando.daemon.vm.files.MachineException;
import dev.pando.daemon.vm.files.UnsoundException;
import dev.pando.daemon.vm.files.VmDirectory;
import dev.pando.daemon.vm.files.VmFile;
import dev.pando.daemon.vm.listing.Machine;
import dev.pando.daemon.vm.making.HiddenFiles;
import dev.pando.daemon.vm.making.Identities;
import dev.pando.daemon.vm.running.Activity;
import dev.pando.daemon.vmware.FileKind;
import dev.pando.daemon.vmware.FormatException;
import dev.pando.daemon.vmware.Identity;
import dev.pando.daemon.vmware.IdentityRewrite;
import dev.pando.daemon.vmware.KeyChange;
import dev.pando.daemon.vmware.Rewritten;
import dev.pando.daemon.vmware.SparseHeader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a copied VM a machine of its own: new UUIDs and MAC addresses in its files, and nothing
 * else. The new files are made hidden and take the place of the old ones in one step. Used under
 * the lock on operations.
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

  /**
   * A file that gets new content.
   *
   * @param offset where the new bytes go; -1: they are all of the file
   */
  private record Replacement(VmFile file, long offset, Rewritten content) {
    boolean isWhole() {
      return offset < 0;
    }

    byte[] hiddenName() {
      return Long.toString(file.node().number()).getBytes(StandardCharsets.US_ASCII);
    }
  }

  /** Renews the identity of a VM; returns what was changed. */
  List<Machine.Change> renew(String name) throws MachineException {
    VmDirectory vm = inventory.find(name);
    if (vm.isTemplate()) {
      throw refused(vm, "it is a template. Thaw it first, or clone it: a clone has its own");
    }
    try (HiddenFiles hidden = new HiddenFiles(tree)) {
      Identity identity = new Identities(tree.view()).next();
      List<Replacement> replacements = replacements(vm, identity);
      if (replacements.isEmpty()) {
        throw refused(vm, "no file of it says who it is: it has neither uuid nor MAC address");
      }
      long directory = make(vm, replacements, hidden);
      tree.<Void, MachineException>edit(
          edit -> {
            check(vm, replacements);
            for (Replacement replacement : replacements) {
              VmFile file = replacement.file();
              long parent = file.directory().map(d -> d.node().number()).orElse(vm.node().number());
              edit.replace(parent, file.entry().nameBytes(), directory, replacement.hiddenName());
            }
            Identities.record(edit, identity.uuid(), vm.node().number());
            return null;
          });
      store.commit();
      LOG.info("gave {} a new identity", vm.name());
      return changes(replacements);
    } catch (UnsoundException e) {
      throw refused(vm, e.getMessage() + ". Put that right and try again");
    } catch (ErrnoException e) {
      throw Failures.translate(e);
    } catch (StoreException e) {
      throw Failures.translate(e);
    }
  }

  private List<Replacement> replacements(VmDirectory vm, Identity identity)
      throws UnsoundException, MachineException, ErrnoException {
    Inspection inspection = vm.inspect(tree.view());
    inspection.check();
    List<Replacement> replacements = new ArrayList<>();
    for (VmFile file : vm.files()) {
      if (!file.node().isRegular() || !file.hasPlainName()) {
        continue;
      }
      try {
        Replacement replacement = replacement(inspection, identity, file);
        if (replacement != null && !replacement.content().changes().isEmpty()) {
          replacements.add(replacement);
        }
      } catch (FormatException e) {
        throw Inspection.unsound(file.path(), e);
      }
    }
    return replacements;
  }

  /** The new content of a file that says who the machine is; null for any other. */
  private Replacement replacement(Inspection inspection, Identity identity, VmFile file)
      throws FormatException, UnsoundException, MachineException, ErrnoException {
    if (inspection.isDomain(file.path())) {
      return new Replacement(file, -1, DomainRewrite.renew(inspection.text(file.path()), identity));
    }
    IdentityRewrite rewrite = new IdentityRewrite(identity);
    FileKind kind = inspection.kind(file.name());
    if (kind == FileKind.CONFIGURATION && inspection.isConfiguration(file.path())) {
      return new Replacement(file, -1, rewrite.configuration(inspection.text(file.path())));
    }
    if (kind == FileKind.SUPPLEMENT && inspection.isSupplement(file.path())) {
      return new Replacement(file, -1, rewrite.supplement(inspection.text(file.path())));
    }
    return kind == FileKind.DISK ? disk(inspection, rewrite, file) : null;
  }

  private Replacement disk(Inspection inspection, IdentityRewrite rewrite, VmFile file)
      throws FormatException, UnsoundException, MachineException, ErrnoException {
    return switch (inspection.content(file.path())) {
      case DESCRIPTOR ->
          new Replacement(file, -1, rewrite.descriptor(file.name(), inspection.text(file.path())));
      case HOSTED_SPARSE -> {
        SparseHeader header = SparseHeader.parse(inspection.head(file.path(), SparseHeader.BYTES));
        if (!header.hasDescriptor()) {
          yield null;
        }
        long offset = header.descriptorOffsetBytes();
        byte[] region =
            tree.view().read(file.node().number(), offset, header.descriptorLengthBytes());
        yield new Replacement(file, offset, rewrite.embeddedDescriptor(file.name(), region));
      }
      case VMFS_SPARSE, SE_SPARSE, RAW -> null;
    };
  }

  /** Makes the new files in a hidden directory, durable; returns that. */
  private long make(VmDirectory vm, List<Replacement> replacements, HiddenFiles hidden)
      throws ErrnoException, StoreException {
    List<Long> nodes = new ArrayList<>();
    long directory =
        tree.<Long, ErrnoException>edit(
            edit -> {
              long made = edit.hiddenDirectory(0700, vm.node().userId(), vm.node().groupId());
              for (Replacement replacement : replacements) {
                nodes.add(
                    edit.copy(
                        replacement.file().node().number(),
                        made,
                        replacement.hiddenName(),
                        vm.node().number(),
                        replacement.isWhole() ? TreeEdit.Data.NONE : TreeEdit.Data.FORKED));
              }
              return made;
            });
    hidden.add(directory);
    for (int i = 0; i < nodes.size(); i++) {
      Replacement replacement = replacements.get(i);
      hidden.write(nodes.get(i), Math.max(0, replacement.offset()), replacement.content().bytes());
    }
    hidden.sync();
    return directory;
  }

  private void check(VmDirectory vm, List<Replacement> replacements)
      throws MachineException, ErrnoException {
    VmDirectory now = VmDirectory.read(tree.view(), vm.name(), vm.node().number());
    Activity activity = Activity.of(tree.view(), now);
    if (activity.isRunning()) {
      throw refused(vm, activity.sentence(vm.name()));
    }
    for (Replacement replacement : replacements) {
      VmFile file = replacement.file();
      if (now.files().stream().noneMatch(present -> isSame(present, file))) {
        throw refused(vm, file.path() + " was changed meanwhile. Try again");
      }
      if (file.node().linkCount() > 1) {
        throw refused(vm, file.path() + " has another name. Remove that hard link first");
      }
    }
  }

  private static boolean isSame(VmFile a, VmFile b) {
    return a.node().number() == b.node().number()
        && a.path().equals(b.path())
        && a.node().sizeBytes() == b.node().sizeBytes()
        && a.node().modifyNanos() == b.node().modifyNanos();
  }

  private static List<Machine.Change> changes(List<Replacement> replacements) {
    List<Machine.Change> changes = new ArrayList<>();
    for (Replacement replacement : replacements) {
      for (KeyChange change : replacement.content().changes()) {
        changes.add(new Machine.Change(replacement.file().path(), change));
      }
    }
    return changes;
  }

  private static MachineException refused(VmDirectory vm, String why) {
    return MachineException.refused(
        "\"" + vm.name() + "\" can not get another identity: " + why + ".");
  }
}
