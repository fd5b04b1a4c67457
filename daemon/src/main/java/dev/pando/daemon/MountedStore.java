package dev.pando.daemon;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.cowstore.CowStore;
import dev.pando.cowstore.StoreException;
import dev.pando.cowstore.StoreOptions;
import dev.pando.cowstore.StoreStats;
import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.ControlMethod;
import dev.pando.daemon.control.ControlServer;
import dev.pando.daemon.control.ExitStatus;
import dev.pando.daemon.control.MountEntry;
import dev.pando.daemon.control.MountRegistry;
import dev.pando.daemon.control.Version;
import dev.pando.daemon.fuse.Keeper;
import dev.pando.daemon.fuse.Mount;
import dev.pando.daemon.fuse.MountException;
import dev.pando.daemon.fuse.Transport;
import dev.pando.daemon.fuse.kernel.KernelTransport;
import dev.pando.daemon.fuse.kernel.LeftMount;
import dev.pando.daemon.fuse.kernel.Takeover;
import dev.pando.daemon.tree.PandoTree;
import dev.pando.daemon.vm.Machines;
import dev.pando.daemon.vm.running.Hypervisors;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A store that is shown at a mount point, and in which order its pieces start and end.
 *
 * <p>Start: the runtime directory; mount point and store are looked at; the log; store; tree;
 * machines; mount; the kernel's cache is told of changes; control socket; the entry by which
 * commands find it. What fails undoes what was before it, in reverse.
 *
 * <p>End, whatever began it (the command {@code umount}, umount(8), a signal): the mount ends; the
 * store commits and closes; the entry goes; the command that asked is answered; the socket closes.
 * So a command that is told of the end can mount again at once.
 */
final class MountedStore {
  /** How long files that are open may stay so after SIGTERM. */
  private static final Duration LAST_CLOSE_LIMIT = Duration.ofSeconds(30);

  private static final Duration FOREVER = Duration.ofDays(10_000);

  private static final Logger LOG = LoggerFactory.getLogger(MountedStore.class);

  private final DaemonArguments wanted;
  private final MountRegistry registry;
  private final CowStore store;
  private final PandoTree tree;
  private final Mount mount;
  private final MountEntry entry;
  private final Machines machines;
  private final TurnTaking turns;
  private final SpaceWatch space;
  private final Path log;
  private final Optional<Keeper> keeper;

  /** Completed when all is durable and gone, with what the command that asked is to be told. */
  private final CompletableFuture<Optional<ControlException>> gone = new CompletableFuture<>();

  private ControlServer control;

  /** Nothing where the mount has no keeper, or does not need one yet. */
  private volatile Optional<Supervision> supervision = Optional.empty();

  private MountedStore(
      DaemonArguments wanted,
      MountRegistry registry,
      CowStore store,
      PandoTree tree,
      Machines machines,
      Mount mount,
      String transport,
      Path log) {
    this.wanted = wanted;
    this.registry = registry;
    this.store = store;
    this.tree = tree;
    this.mount = mount;
    this.log = log;
    this.keeper = keeper(wanted, transport);
    this.entry =
        registry.ownEntry(
            mount.mountpoint(),
            wanted.store(),
            transport,
            keeper.isPresent() ? OptionalLong.of(keeper.get().process()) : OptionalLong.empty());
    this.machines = machines;
    this.turns = new TurnTaking(mount, tree.view(), machines);
    this.space = SpaceWatch.start(store, machines::lookAfterSwap);
  }

  /** Who lets the mount outlive this process; libfuse's can not. */
  private static Optional<Keeper> keeper(DaemonArguments wanted, String transport) {
    return transport.equals(KernelTransport.NAME) ? wanted.keeper() : Optional.empty();
  }

  /**
   * Starts all pieces, or takes over those of a daemon that is gone; on return the mount answers
   * and commands can find it.
   *
   * @throws ControlException if one of them refuses; then nothing is left behind
   */
  static MountedStore start(DaemonArguments wanted, MountRegistry registry)
      throws ControlException {
    Path log = DaemonLog.file(registry.directory(), wanted.mountpoint());
    if (wanted.isTakeover()) {
      DaemonLog.start(log, wanted.isFirst() && !wanted.isAttended());
      return takeOver(wanted, registry, log);
    }
    Transport transport = transport(wanted);
    DaemonLog.start(log, !wanted.isAttended());
    return start(wanted, transport, registry, log);
  }

  /**
   * Mounts for a daemon that this process, having become its keeper, will start; nothing if this
   * mount can not have a keeper.
   */
  static Optional<LeftMount> leave(DaemonArguments wanted, MountRegistry registry)
      throws ControlException {
    Transport transport = transport(wanted);
    if (!(transport instanceof KernelTransport kernel)) {
      return Optional.empty();
    }
    DaemonLog.start(DaemonLog.file(registry.directory(), wanted.mountpoint()), false);
    try {
      return Optional.of(kernel.leave(wanted.mountpoint(), wanted.options()));
    } catch (MountException e) {
      throw Refusals.of(e);
    }
  }

  private static MountedStore start(
      DaemonArguments wanted, Transport transport, MountRegistry registry, Path log)
      throws ControlException {
    CowStore store = null;
    Machines machines = null;
    Mount mount = null;
    MountedStore mounted = null;
    try {
      LOG.info("Pando {} opens the store {}", Version.current(), wanted.store());
      store = openStore(wanted, last -> {});
      PandoTree tree = PandoTree.open(store);
      prepare(tree, wanted);
      machines = machines(wanted, store, tree, wanted.mountpoint().toRealPath());
      mount = transport.mount(tree, wanted.mountpoint(), wanted.options());
      mounted =
          new MountedStore(wanted, registry, store, tree, machines, mount, transport.name(), log);
      mounted.show();
      LOG.info("{} is mounted at {}", wanted.store(), mount.mountpoint());
      return mounted;
    } catch (IOException | RuntimeException e) {
      LOG.error("The start failed: {}", e.toString());
      if (mounted != null) {
        mounted.endBackground();
      } else if (machines != null) {
        machines.close();
      }
      undo(mount, store);
      throw refusal(e);
    }
  }

  /** What fails here leaves the mount to the keeper, who tries again. */
  private static MountedStore takeOver(DaemonArguments wanted, MountRegistry registry, Path log)
      throws ControlException {
    try {
      LOG.info("Pando {} takes over {}", Version.current(), wanted.mountpoint());
      Takeover takeover = Takeover.of(wanted.keeper().orElseThrow());
      CowStore store = openStore(wanted, takeover::settle);
      PandoTree tree = wanted.isFirst() ? PandoTree.open(store) : PandoTree.openAgain(store);
      prepare(tree, wanted);
      Machines machines = machines(wanted, store, tree, takeover.mountpoint());
      Mount mount = takeover.takeOver(tree, wanted.options());
      if (!wanted.isFirst()) {
        wanted.keeper().orElseThrow().keep(mount.deviceMinor(), log.toString());
      }
      MountedStore mounted =
          new MountedStore(
              wanted, registry, store, tree, machines, mount, KernelTransport.NAME, log);
      mounted.show();
      if (!wanted.isFirst()) {
        mounted.supervise();
      }
      LOG.info("{} is served{}", mount.mountpoint(), wanted.isFirst() ? "" : " again");
      return mounted;
    } catch (IOException | RuntimeException e) {
      LOG.error("The mount could not be taken over: {}", e.toString());
      throw refusal(e);
    }
  }

  /** Before anybody can open a file: they have a say in that. */
  private static Machines machines(
      DaemonArguments wanted, CowStore store, PandoTree tree, Path mountpoint)
      throws StoreException {
    return new Machines(store, tree, mountpoint, wanted.hypervisors(), wanted.admission());
  }

  private static void prepare(PandoTree tree, DaemonArguments wanted) {
    if (wanted.options().noAccessTimes() || wanted.options().readOnly()) {
      tree.leaveAccessTimes();
    }
  }

  /** Lets the kernel's cache be told of changes, and commands find the mount. */
  private void show() throws IOException {
    tree.tell(new KernelCache(mount.notifier()));
    tree.endAbandoned();
    control = ControlServer.open(entry.socket(), methods());
    registry.publish(entry);
  }

  /** Before anything is made, so that a mistake leaves no new store behind. */
  private static Transport transport(DaemonArguments wanted) throws ControlException {
    StoreOwner.check(wanted.store());
    try {
      return Transports.checked(
          wanted.transport(), wanted.mountpoint(), wanted.options(), wanted.keeper());
    } catch (MountException e) {
      throw Refusals.of(e);
    }
  }

  private static CowStore openStore(DaemonArguments wanted, LongConsumer survived)
      throws IOException {
    boolean readOnly = wanted.options().readOnly();
    return CowStore.open(
        wanted.store(),
        StoreOptions.defaults()
            .withCreate(!readOnly && (wanted.isFirst() || !wanted.isTakeover()))
            .withReadOnly(readOnly)
            // whoever mounts accepts what is lost by then, not what any later daemon may find
            .withAcceptLoss(wanted.acceptLoss() && (wanted.isFirst() || !wanted.isTakeover()))
            .withVerifyCatalog(wanted.verifyCatalog())
            .withHold(wanted.hold(), wanted.isTakeover() && !wanted.isFirst()),
        survived);
  }

  private static void undo(Mount mount, CowStore store) {
    try {
      if (mount != null) {
        mount.abort();
      }
      if (store != null) {
        store.close();
      }
    } catch (IOException e) {
      LOG.error("What the failed start left could not be undone", e);
    }
  }

  private static ControlException refusal(Exception e) {
    if (e instanceof MountException refusal) {
      return Refusals.of(refusal);
    }
    if (e instanceof StoreException refusal) {
      return Refusals.of(refusal);
    }
    return new ControlException(ExitStatus.FAILED, "the daemon can not start: " + e);
  }

  private Map<String, ControlMethod> methods() {
    Map<String, ControlMethod> methods = new HashMap<>(new MachineMethods(machines).all());
    methods.putAll(new MemoryMethods(machines.memory()).all());
    methods.put("status", ControlMethod.quick((parameters, progress) -> status()));
    methods.put(
        "restart",
        ControlMethod.lasting(
            (parameters, progress) -> restart(parameters.optionalText("program").orElse(""))));
    methods.put(
        "unmount",
        ControlMethod.lasting((parameters, progress) -> unmount(parameters.flag("force"))));
    return methods;
  }

  /** The document of {@code status}. */
  ObjectNode status() {
    StoreStats stats = store.stats();
    ArrayNode losses = JsonNodeFactory.instance.arrayNode();
    store.losses().forEach(losses::add);
    ArrayNode findings = JsonNodeFactory.instance.arrayNode();
    store.findings().forEach(findings::add);
    return JsonNodeFactory.instance
        .objectNode()
        .put("mountpoint", entry.mountpoint().toString())
        .put("store", entry.store().toString())
        .put("transport", entry.transport())
        .put("pid", entry.pid())
        .put("state", state())
        .put("device", mount.deviceMinor())
        .put("options", wanted.said(DaemonArguments.OPTIONS).orElse(""))
        .put("admission", wanted.admission().word())
        .put("hypervisors", wanted.said(DaemonArguments.HYPERVISORS).orElse(Hypervisors.USUAL))
        .put("version", Version.current())
        .put("log", log.toString())
        .put("availableBytes", stats.availableBytes())
        .put("lowSpace", SpaceWatch.isLow(stats))
        .put("damagedTrees", stats.damagedTrees())
        .<ObjectNode>set("losses", losses)
        .<ObjectNode>set("findings", findings)
        .set("serializedBy", turns.document());
  }

  private String state() {
    return switch (store.state()) {
      case READY -> supervision.map(Supervision::isLost).orElse(false) ? "unsupervised" : "ready";
      // mounted so, or since the disk could not be written any more
      case READ_ONLY -> "read-only";
      case CLOSED -> "failed";
    };
  }

  /** The method {@code unmount}: answers when all is durable and gone. */
  private ObjectNode unmount(boolean force) throws ControlException {
    try {
      if (force) {
        LOG.info("{} is being unmounted by force", mount.mountpoint());
        mount.abort();
      } else {
        mount.unmount();
      }
    } catch (MountException e) {
      throw Refusals.of(e);
    }
    Optional<ControlException> failure = gone.join();
    if (failure.isPresent()) {
      throw failure.get();
    }
    return JsonNodeFactory.instance.objectNode().put("mountpoint", entry.mountpoint().toString());
  }

  /** Tells the keeper, if there is one, that the mount is to outlive this process. */
  void keep() {
    keeper.ifPresent(process -> process.keep(mount.deviceMinor(), log.toString()));
    supervise();
  }

  private void supervise() {
    supervision =
        keeper.map(
            process ->
                new Supervision(
                    process,
                    registry,
                    entry,
                    mount.deviceMinor(),
                    log.toString(),
                    wanted.lasting()));
  }

  /**
   * The method {@code restart}: ends this process, so that the keeper starts another, of a program
   * that it has tried. The store is committed first, so that there is little for that one to bring
   * in; the rest is as if it was killed, for that is the way that is tried most.
   *
   * @param program the keeper's script of that program; empty: as it was, by now
   */
  private ObjectNode restart(String program) throws ControlException {
    Keeper process =
        keeper.orElseThrow(
            () ->
                new ControlException(
                    ExitStatus.REFUSED,
                    mount.mountpoint()
                        + " has no keeper, so it would end with its daemon: unmount it and"
                        + " mount it again"));
    LOG.info("The daemon is asked to start anew");
    Optional<String> refusal = process.restart(program);
    if (refusal.isPresent()) {
      throw new ControlException(
          ExitStatus.REFUSED,
          mount.mountpoint() + " is served as before: " + refusal.get() + "; see " + log);
    }
    try {
      store.handOver();
    } catch (StoreException e) {
      throw Refusals.of(e);
    }
    Runtime.getRuntime().halt(0);
    return JsonNodeFactory.instance.objectNode();
  }

  /**
   * What a signal asks for: nothing new is opened, what is there becomes durable, the mount leaves
   * the directory tree, open files are served until their last close or {@link #LAST_CLOSE_LIMIT}.
   */
  void terminate() {
    tree.refuseOpens();
    try {
      store.commit();
    } catch (StoreException e) {
      LOG.error("The store {} could not commit: {}", wanted.store(), e.getMessage(), e);
    }
    try {
      mount.detach();
      if (!mount.awaitEnd(LAST_CLOSE_LIMIT)) {
        LOG.warn("Files are still open at {}: their users get errors", mount.mountpoint());
        abort();
      }
    } catch (MountException e) {
      LOG.error("The mount {} could not be detached: {}", mount.mountpoint(), e.getMessage());
      abort();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      abort();
    }
  }

  /** Ends the mount at once. */
  void abort() {
    try {
      mount.abort();
    } catch (MountException e) {
      LOG.error("The mount {} could not be ended: {}", mount.mountpoint(), e.getMessage());
    }
  }

  /** Waits until the mount has ended, by whatever way, and ends all other pieces. */
  void serveUntilTheEnd() throws InterruptedException {
    boolean hasEnded = false;
    while (!hasEnded) {
      hasEnded = mount.awaitEnd(FOREVER);
    }
    Optional<ControlException> failure = closeStore();
    supervision.ifPresent(Supervision::close);
    try {
      registry.withdraw(supervision.map(Supervision::entry).orElse(entry));
    } catch (IOException e) {
      LOG.warn("The entry of {} stays: {}", mount.mountpoint(), e.toString());
    }
    // also of a mount that does not outlive this process: the script holds the disk all the same
    wanted.keeper().ifPresent(Keeper::release);
    gone.complete(failure);
    try {
      control.close();
    } catch (IOException e) {
      LOG.warn("The socket {} stays: {}", entry.socket(), e.toString());
    }
  }

  /** Ends what uses the store by itself. */
  private void endBackground() {
    space.close();
    machines.close();
  }

  private Optional<ControlException> closeStore() {
    endBackground();
    try {
      store.close();
      LOG.info("{} is unmounted and its store closed", mount.mountpoint());
      return Optional.empty();
    } catch (StoreException e) {
      LOG.error("The store {} did not close: {}", wanted.store(), e.getMessage(), e);
      return Optional.of(Refusals.of(e));
    } catch (RuntimeException e) {
      LOG.error("The store {} did not close", wanted.store(), e);
      return Optional.of(
          new ControlException(
              ExitStatus.FAILED, "the store did not close by a fault of Pando; see " + log));
    }
  }
}
