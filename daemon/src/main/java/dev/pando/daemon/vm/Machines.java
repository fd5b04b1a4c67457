package dev.pando.daemon.vm;

import dev.pando.cowstore.CowStore;
import dev.pando.cowstore.StoreException;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.PandoTree;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The virtual machines of a store. Every operation is done whole or not at all, and is durable when
 * it returns; {@link MachineException} says why one was not. Thread-safe: operations that change
 * VMs are done one after the other, an import but for its last step beside them.
 */
public final class Machines {
  private final CowStore store;
  private final PandoTree tree;
  private final Inventory inventory;
  private final Listing listing;
  private final Cloning cloning;
  private final Freezing freezing;
  private final Removal removal;
  private final Importing importing;

  /** The lock on operations: the first of all locks, before the tree's. */
  private final Lock operations = new ReentrantLock();

  /**
   * @param mountpoint where the tree is mounted, for what is shown and for what is not imported
   */
  public Machines(CowStore store, PandoTree tree, Path mountpoint) {
    this.store = store;
    this.tree = tree;
    this.inventory = new Inventory(tree.view());
    this.listing = new Listing(tree.view(), mountpoint);
    Placement placement = new Placement(tree.view(), inventory);
    this.cloning = new Cloning(store, tree, inventory, placement);
    this.freezing = new Freezing(store, tree, inventory);
    this.removal = new Removal(store, tree, inventory);
    this.importing = new Importing(store, tree, placement, mountpoint, operations);
  }

  /** All VMs by name, without {@linkplain Machine#details details}. */
  public List<Machine> list() throws MachineException {
    List<Machine> machines = new ArrayList<>();
    for (VmDirectory vm : inventory.all()) {
      machines.add(listing.summary(vm));
    }
    return machines;
  }

  /** The VM that a path of the tree lies in, by its name; nothing if it lies in none. */
  public Optional<String> nameOfOwner(String path) {
    return inventory.nameOfOwner(path);
  }

  /** One VM with all there is to say of it; MISSING if there is none of this name. */
  public Machine show(String name) throws MachineException {
    return listing.full(inventory.find(name));
  }

  /**
   * Makes linked clones, all or none, and returns their names. The time it takes does not depend on
   * the size of the disks. The source may run: the clones have its disks as of one instant.
   *
   * @throws MachineException USAGE for a name that can not be; REFUSED if one is taken or the
   *     source can not be cloned; MISSING if there is no such source
   */
  public List<String> clone(CloneRequest request) throws MachineException {
    operations.lock();
    try {
      return cloning.clone(request);
    } finally {
      operations.unlock();
    }
  }

  /**
   * Makes a VM a template of the next generation. If it is one already nothing happens, so that a
   * script can ask for a template and need not know.
   *
   * @throws MachineException REFUSED, and why, if it runs, is open for writing, suspended or
   *     locked, has a hard link outside, or could not be cloned
   */
  public void freeze(String name) throws MachineException {
    operations.lock();
    try {
      freezing.freeze(name);
    } finally {
      operations.unlock();
    }
  }

  /**
   * Makes a template a VM again.
   *
   * @throws MachineException REFUSED if it is no template
   */
  public void thaw(String name) throws MachineException {
    operations.lock();
    try {
      freezing.thaw(name);
    } finally {
      operations.unlock();
    }
  }

  /**
   * Removes VMs, all or none. Templates go like any VM; their clones live on.
   *
   * @param force also such as run
   * @throws MachineException REFUSED if one runs; MISSING if there is none of a name
   */
  public void remove(List<String> names, boolean force) throws MachineException {
    operations.lock();
    try {
      removal.remove(names, force);
    } finally {
      operations.unlock();
    }
  }

  /**
   * Copies a VM of the host into the store and returns its name.
   *
   * @param source a VM's directory, or a disk image, which gets a directory of its own
   * @param name what to call it; nothing: as it is called on the host
   * @throws MachineException USAGE for a name that can not be; REFUSED if it is taken, or the
   *     source is no sound VM or lies in the mount; MISSING if it is not there
   */
  public String importDirectory(Path source, Optional<String> name, ProgressListener progress)
      throws MachineException {
    return importing.importVm(source, name, progress);
  }

  /**
   * The store's figures.
   *
   * @param names VMs of which it is asked what removing them would free; may be empty
   */
  public SpaceReport space(List<String> names) throws MachineException {
    Map<Long, VmDirectory> vms = new LinkedHashMap<>();
    for (String name : names) {
      VmDirectory vm = inventory.find(name);
      vms.put(vm.node().number(), vm);
    }
    try {
      return SpaceAccount.report(tree.view(), store.stats(), List.copyOf(vms.values()));
    } catch (ErrnoException e) {
      throw Failures.translate(e);
    } catch (StoreException e) {
      throw Failures.translate(e);
    }
  }
}
