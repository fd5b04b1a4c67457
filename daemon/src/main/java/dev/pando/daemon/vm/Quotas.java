package dev.pando.daemon.vm;

import dev.pando.cowstore.CowStore;
import dev.pando.cowstore.Quota;
import dev.pando.cowstore.StoreException;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.PandoTree;
import dev.pando.daemon.vm.files.Failures;
import dev.pando.daemon.vm.files.Inventory;
import dev.pando.daemon.vm.files.MachineException;
import dev.pando.daemon.vm.files.VmDirectory;
import dev.pando.daemon.vm.files.VmFile;
import dev.pando.daemon.vm.listing.VmQuota;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What VMs may hold of their own, which is what they have written since they were made, and what
 * the store may take on the host. Setting one is used under the lock on operations.
 */
final class Quotas {
  private static final Logger LOG = LoggerFactory.getLogger(Quotas.class);

  private final CowStore store;
  private final PandoTree tree;
  private final Inventory inventory;

  Quotas(CowStore store, PandoTree tree, Inventory inventory) {
    this.store = store;
    this.tree = tree;
    this.inventory = inventory;
  }

  /** The quota of one VM; {@link Quota#NONE} if it has none. */
  VmQuota of(String name) throws MachineException {
    return of(inventory.find(name));
  }

  private VmQuota of(VmDirectory vm) {
    long node = vm.node().number();
    return new VmQuota(
        vm.name(),
        store.isCounted(node) ? store.quota(node) : new Quota(Quota.NONE, vm.privateBytes()));
  }

  /** Those of all VMs that have one. */
  List<VmQuota> all() throws MachineException {
    List<VmQuota> quotas = new ArrayList<>();
    for (VmDirectory vm : inventory.all()) {
      VmQuota quota = of(vm);
      if (quota.quota().limitBytes() != Quota.NONE) {
        quotas.add(quota);
      }
    }
    return quotas;
  }

  /** Sets the quota of one VM; {@link Quota#NONE} takes it away. */
  void limit(String name, long bytes) throws MachineException {
    VmDirectory vm = inventory.find(name);
    long directory = vm.node().number();
    try {
      tree.<Void, ErrnoException>edit(
          edit -> {
            edit.limit(directory, bytes);
            for (VmFile file : VmFile.below(tree.view(), directory)) {
              if (bytes != Quota.NONE && file.node().isRegular()) {
                edit.count(file.node().number(), directory);
              }
            }
            return null;
          });
      store.commit();
      LOG.info(
          "the quota of {} is {}", vm.name(), bytes == Quota.NONE ? "none" : bytes + " bytes now");
    } catch (ErrnoException e) {
      throw Failures.translate(e);
    } catch (StoreException e) {
      throw Failures.translate(e);
    }
  }

  /** What the store may take on the host, and what it takes. */
  Quota ofStore() {
    return new Quota(
        store.limitBytes(), store.stats().storedBytes() + store.stats().metadataBytes());
  }

  /** Sets what the store may take on the host, its metadata included. */
  void limitStore(long bytes) throws MachineException {
    try {
      store.limit(bytes);
      LOG.info("the limit of the store is {}", bytes == Quota.NONE ? "none" : bytes + " bytes now");
    } catch (StoreException e) {
      throw Failures.translate(e);
    }
  }
}
