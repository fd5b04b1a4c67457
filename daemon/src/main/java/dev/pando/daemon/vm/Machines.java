package dev.pando.daemon.vm;

import dev.pando.cowstore.CowStore;
import dev.pando.cowstore.DedupeReport;
import dev.pando.cowstore.Quota;
import dev.pando.cowstore.StoreException;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.PandoTree;
import dev.pando.daemon.vm.cloning.CloneReport;
import dev.pando.daemon.vm.cloning.CloneRequest;
import dev.pando.daemon.vm.cloning.Cloning;
import dev.pando.daemon.vm.files.Failures;
import dev.pando.daemon.vm.files.Inventory;
import dev.pando.daemon.vm.files.MachineException;
import dev.pando.daemon.vm.files.VmDirectory;
import dev.pando.daemon.vm.importing.Importing;
import dev.pando.daemon.vm.listing.DomainDescription;
import dev.pando.daemon.vm.listing.Listing;
import dev.pando.daemon.vm.listing.Machine;
import dev.pando.daemon.vm.listing.ScrubbedStore;
import dev.pando.daemon.vm.listing.SpaceAccount;
import dev.pando.daemon.vm.listing.SpaceReport;
import dev.pando.daemon.vm.listing.VmQuota;
import dev.pando.daemon.vm.making.Placement;
import dev.pando.daemon.vm.making.ProgressListener;
import dev.pando.daemon.vm.memory.MachineMemory;
import dev.pando.daemon.vm.running.Admissions;
import dev.pando.daemon.vm.running.DiskPower;
import dev.pando.daemon.vm.running.Hypervisors;
import dev.pando.daemon.vm.running.LateCloses;
import dev.pando.daemon.vm.running.Power;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The virtual machines of a store. Every operation is done whole or not at all, and is durable when
 * it returns; {@link MachineException} says why one was not. Thread-safe: operations that change
 * VMs are done one after the other, an import but for its last step beside them.
 */
public final class Machines implements AutoCloseable {
  private final CowStore store;
  private final PandoTree tree;
  private final Inventory inventory;
  private final Listing listing;
  private final DomainDescription description;
  private final Cloning cloning;
  private final Freezing freezing;
  private final Deduping deduping;
  private final BackgroundDedupe background;
  private final Quotas quotas;
  private final Scrubbing scrubbing;
  private final Removal removal;
  private final Importing importing;
  private final Moving moving;
  private final Power power;
  private final Admissions admissions;
  private final MachineMemory memory;
  private final IdentityRenewal renewal;
  private final LateCloses lateCloses;

  /** The lock on operations: the first of all locks, before the tree's. */
  private final Lock operations = new ReentrantLock();

  /**
   * @param mountpoint where the tree is mounted, for what is shown and for what is not imported
   * @param hypervisors which programs power a VM on by opening its disks
   * @param policy what becomes of them if there is no memory for it
   * @throws StoreException IO if what is on record can not be read
   */
  public Machines(
      CowStore store,
      PandoTree tree,
      Path mountpoint,
      Hypervisors hypervisors,
      DiskPower.Policy policy)
      throws StoreException {
    this.store = store;
    this.tree = tree;
    this.inventory = new Inventory(tree.view());
    this.listing = new Listing(tree.view(), mountpoint);
    this.description = new DomainDescription(tree.view(), mountpoint);
    this.lateCloses = new LateCloses(tree.view(), inventory);
    Placement placement = new Placement(tree.view(), inventory);
    this.cloning = new Cloning(store, tree, inventory, placement, operations);
    this.freezing = new Freezing(store, tree, inventory);
    this.removal = new Removal(store, tree, inventory);
    this.quotas = new Quotas(store, tree, inventory);
    this.scrubbing = new Scrubbing(store, tree, inventory);
    this.deduping = new Deduping(store, tree, inventory);
    this.background = new BackgroundDedupe(store, tree, inventory);
    this.moving = new Moving(store, tree, inventory, placement);
    this.renewal = new IdentityRenewal(store, tree, inventory);
    try {
      this.admissions = new Admissions(store, tree, hypervisors);
    } catch (ErrnoException e) {
      throw new StoreException(
          StoreException.Reason.IO, "what was promised can not be read: " + e.getMessage(), e);
    }
    this.power = new Power(store, tree, inventory, admissions);
    this.memory =
        new MachineMemory(store, tree, inventory, admissions, hypervisors, lateCloses, operations);
    tree.guard(new DiskPower(tree.view(), inventory, admissions, hypervisors, policy));
    this.importing = new Importing(store, tree, placement, mountpoint, operations);
  }

  /** All VMs by name, without {@linkplain Machine#details details}. */
  public List<Machine> list() throws MachineException {
    return listing.summaries(inventory.all());
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
   * A VM as libvirt wants it described, with its paths in this mount.
   *
   * @throws MachineException REFUSED if it is no sound VM; MISSING if there is none of this name
   */
  public String domainXml(String name) throws MachineException {
    return description.of(inventory.find(name));
  }

  /**
   * Makes clones, all or none. The source may run: the clones have its disks as of one instant. The
   * time that linked clones take does not depend on the size of the disks; full ones are copied.
   *
   * @param progress told of the bytes that full clones have copied
   * @throws MachineException USAGE for a name that can not be; REFUSED if one is taken or the
   *     source can not be cloned; MISSING if there is no such source
   */
  public CloneReport clone(CloneRequest request, ProgressListener progress)
      throws MachineException {
    return cloning.clone(request, progress);
  }

  /**
   * Says what {@link #clone} would do, file by file and key by key, with an identity that is given
   * to nobody; makes nothing.
   */
  public CloneReport planClone(CloneRequest request) throws MachineException {
    operations.lock();
    try {
      return cloning.plan(request);
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
    outlastCloses(
        List.of(name),
        () -> {
          freezing.freeze(name);
          return null;
        });
    background.wake();
  }

  /**
   * Makes a template a VM again. What it was can still be cloned, as {@code NAME@GENERATION}.
   *
   * @throws MachineException REFUSED if it is no template, or one of its disks is being read
   */
  public void thaw(String name) throws MachineException {
    outlastCloses(
        List.of(name),
        () -> {
          freezing.thaw(name);
          return null;
        });
  }

  /**
   * Removes VMs and earlier generations of templates, all or none. Clones of both live on.
   *
   * @param force also such as run, and such as have linked clones that stay
   * @throws MachineException REFUSED if one runs or has clones; MISSING if there is none of a name
   */
  public void remove(List<String> names, boolean force) throws MachineException {
    outlastCloses(
        names,
        () -> {
          removal.remove(names, force);
          return null;
        });
  }

  /**
   * Gives a VM another name, a template too, and returns it as it is kept. Its files keep their
   * names, and what is on record of it stays.
   *
   * @throws MachineException USAGE for a name that can not be; REFUSED if it is taken or the VM
   *     runs; MISSING if there is no such VM
   */
  public String rename(String name, String newName) throws MachineException {
    return outlastCloses(List.of(name), () -> moving.rename(name, newName));
  }

  /**
   * Gives a VM a UUID and MAC addresses that no other VM of the store has, and returns what was
   * changed in its files. For copies: a clone has its own from the start.
   *
   * @throws MachineException REFUSED if it is a template, runs, or has no identity to renew;
   *     MISSING if there is no such VM
   */
  public List<Machine.Change> renewIdentity(String name) throws MachineException {
    return outlastCloses(List.of(name), () -> renewal.renew(name));
  }

  /**
   * Admits a VM: there is memory for it, and it is on from now until it is switched off or the host
   * boots again. No machine is started.
   *
   * @param processId also no longer than this process lives
   * @param withSwapFile make a {@code .vswp} for it, of holes; it ends with {@link #powerOff}
   * @throws MachineException REFUSED if it is a template, or runs and a process is given, or there
   *     is no memory for it
   */
  public void powerOn(String name, OptionalInt processId, boolean withSwapFile)
      throws MachineException {
    outlastCloses(
        List.of(name),
        () -> {
          power.on(name, processId, withSwapFile);
          return null;
        });
  }

  /** The memory of the host and of VMs. */
  public MachineMemory memory() {
    return memory;
  }

  /** What is to be done now and then: see {@link Admissions#setSwapAside}. */
  public void lookAfterSwap() {
    admissions.setSwapAside();
  }

  /** Records that a VM is off; returns a sentence on what still says that it runs, if anything. */
  public Optional<String> powerOff(String name) throws MachineException {
    Optional<String> warning = locked(() -> power.off(name));
    return warning.isPresent() && lateCloses.await(List.of(name))
        ? locked(() -> power.off(name))
        : warning;
  }

  /** Done under the lock on operations; again if it was refused for closes that had not come. */
  private <T> T outlastCloses(List<String> names, LateCloses.Operation<T> operation)
      throws MachineException {
    return lateCloses.outlast(names, () -> locked(operation));
  }

  private <T> T locked(LateCloses.Operation<T> operation) throws MachineException {
    operations.lock();
    try {
      return operation.run();
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
    String imported = importing.importVm(source, name, progress);
    background.wake();
    return imported;
  }

  /**
   * Looks for blocks that are equal in several VMs and has them stored once; full clones are left
   * out. Beside everything else, at a bounded rate; it may be broken off at any time.
   *
   * @throws MachineException REFUSED if a search is under way, or it is switched off
   */
  public DedupeReport dedupe(ProgressListener progress) throws MachineException {
    return deduping.search(progress);
  }

  /** Switches {@link #dedupe}, also by itself, on or off for VMs; none named: for the store. */
  public void switchDedupe(List<String> names, boolean on) throws MachineException {
    operations.lock();
    try {
      deduping.set(names, on);
    } finally {
      operations.unlock();
    }
    background.switched();
  }

  /** Ends what goes on in the background; the store can be closed then. */
  @Override
  public void close() {
    background.close();
  }

  /**
   * Has everything read, at a bounded rate, and what can not change compared with its checksum.
   *
   * @throws MachineException REFUSED if a scrub is under way
   */
  public ScrubbedStore scrub(ProgressListener progress) throws MachineException {
    return scrubbing.scrub(progress);
  }

  /** What one VM may hold of its own, and what it holds. */
  public VmQuota quota(String name) throws MachineException {
    return quotas.of(name);
  }

  /** The quotas of all VMs that have one. */
  public List<VmQuota> quotas() throws MachineException {
    return quotas.all();
  }

  /**
   * Limits what a VM may hold of its own: what it writes. Its clones get the same limit.
   *
   * @param bytes {@link Quota#NONE} takes the limit away; it may be less than what there is
   */
  public void limit(String name, long bytes) throws MachineException {
    operations.lock();
    try {
      quotas.limit(name, bytes);
    } finally {
      operations.unlock();
    }
  }

  /** What the store may take on the host, and what it takes. */
  public Quota storeQuota() {
    return quotas.ofStore();
  }

  /** Limits what the store may take on the host; {@link Quota#NONE} takes the limit away. */
  public void limitStore(long bytes) throws MachineException {
    quotas.limitStore(bytes);
  }

  /**
   * Brings back all the space that nothing uses any more; returns when it may be used again.
   *
   * @param compact also make the store's files on the host as small as they can be
   * @return how many bytes less the store takes on the host, its metadata included; negative if it
   *     grew meanwhile
   */
  public long reclaim(boolean compact) throws MachineException {
    try {
      long before = store.hostBytes();
      if (compact) {
        store.compact();
      } else {
        store.reclaim();
      }
      return before - store.hostBytes();
    } catch (StoreException e) {
      throw Failures.translate(e);
    }
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
      return SpaceAccount.report(tree.view(), store, inventory.all(), List.copyOf(vms.values()));
    } catch (ErrnoException e) {
      throw Failures.translate(e);
    } catch (StoreException e) {
      throw Failures.translate(e);
    }
  }
}
