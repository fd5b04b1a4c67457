package dev.pando.daemon.vm.cloning;

import dev.pando.cowstore.CowFile;
import dev.pando.cowstore.CowStore;
import dev.pando.cowstore.StoreException;
import dev.pando.daemon.host.Precedence;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.PandoTree;
import dev.pando.daemon.tree.TreeEdit;
import dev.pando.daemon.vm.files.Failures;
import dev.pando.daemon.vm.files.Inventory;
import dev.pando.daemon.vm.files.MachineException;
import dev.pando.daemon.vm.files.UnsoundException;
import dev.pando.daemon.vm.files.VmFile;
import dev.pando.daemon.vm.files.VmName;
import dev.pando.daemon.vm.making.HiddenFiles;
import dev.pando.daemon.vm.making.Identities;
import dev.pando.daemon.vm.making.Placement;
import dev.pando.daemon.vm.making.ProgressListener;
import dev.pando.daemon.vmware.Identity;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.Lock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Clones. In the order of things: the texts of every clone are rewritten in memory; one small
 * change forks the source's disks at one instant; of these forks the clones are made as hidden
 * directories, a few in a step; their texts are written and made durable; of full clones, the forks
 * are copied and the copies take their place; one change gives all of them their names. What goes
 * wrong before that leaves nothing. What the sources hold is made durable last, when nobody stands
 * still. Thread-safe.
 */
public final class Cloning {
  private static final Logger LOG = LoggerFactory.getLogger(Cloning.class);

  /** How often a source whose texts change while they are read is read again. */
  private static final int MAX_TRIES = 5;

  private static final int DRAFTS_PER_STEP = 8;

  private final CowStore store;
  private final PandoTree tree;
  private final Inventory inventory;
  private final Placement placement;
  private final Lock operations;

  /**
   * @param operations the lock on operations, given back while a full clone is copied
   */
  public Cloning(
      CowStore store, PandoTree tree, Inventory inventory, Placement placement, Lock operations) {
    this.store = store;
    this.tree = tree;
    this.inventory = inventory;
    this.placement = placement;
    this.operations = operations;
  }

  /** Makes the clones. */
  public CloneReport clone(CloneRequest request, ProgressListener progress)
      throws MachineException {
    List<VmName> targets = targets(request);
    if (request.full() || targets.size() > DRAFTS_PER_STEP) {
      return clone(request, targets, progress);
    }
    Precedence precedence = Precedence.take();
    try {
      return clone(request, targets, progress);
    } finally {
      precedence.giveBack();
    }
  }

  private CloneReport clone(CloneRequest request, List<VmName> targets, ProgressListener progress)
      throws MachineException {
    try (HiddenFiles hidden = new HiddenFiles(tree)) {
      Set<CowFile> sources = new HashSet<>();
      List<CloneDraft> drafts = prepared(request, targets, hidden, sources);
      List<Long> made = drafts.stream().map(CloneDraft::directory).toList();
      if (request.full()) {
        made = new FullCopies(tree, hidden, progress).of(drafts);
        progress.checkWanted("clone");
      }
      name(drafts, made, request.full());
      made.forEach(hidden::keep);
      tree.sync(request.full() ? Set.of() : sources);
      log(request, targets);
      return new CloneReport(
          targets.stream().map(VmName::toString).toList(), List.of(), drafts.get(0).warnings());
    } catch (ErrnoException e) {
      throw Failures.translate(e);
    } catch (StoreException e) {
      throw Failures.translate(e);
    }
  }

  /** Says what {@link #clone} would do, and checks all that it checks. */
  public CloneReport plan(CloneRequest request) throws MachineException {
    List<VmName> targets = targets(request);
    CloneSource source = CloneSource.find(inventory, tree.view(), request.source());
    try {
      ClonePlan plan = ClonePlan.of(tree.view(), source, request.keepNames());
      check(targets);
      List<CloneDraft> drafts = drafts(plan, targets);
      return new CloneReport(
          targets.stream().map(VmName::toString).toList(),
          drafts.get(0).preview(tree.view(), request.full()),
          drafts.get(0).warnings());
    } catch (UnsoundException e) {
      throw unsound(source, e);
    } catch (ErrnoException e) {
      throw Failures.translate(e);
    }
  }

  private static MachineException unsound(CloneSource source, UnsoundException why) {
    return MachineException.refused(
        "\""
            + source.title()
            + "\" can not be cloned: "
            + why.getMessage()
            + ". Put that right and try again.");
  }

  private static void log(CloneRequest request, List<VmName> clones) {
    String kind = request.full() ? "full" : "linked";
    VmName first = clones.get(0);
    if (clones.size() == 1) {
      LOG.info("cloned {} to {} ({})", request.source(), first, kind);
    } else {
      VmName last = clones.get(clones.size() - 1);
      LOG.info(
          "made {} {} clones of {}, {} to {}", clones.size(), kind, request.source(), first, last);
    }
  }

  private static List<VmName> targets(CloneRequest request) throws MachineException {
    if (request.targets().isEmpty()) {
      throw MachineException.usage("No name was given for the clone. Name at least one.");
    }
    List<VmName> targets = new ArrayList<>();
    Set<VmName> seen = new HashSet<>();
    for (String text : request.targets()) {
      VmName target = VmName.parse(text);
      if (!seen.add(target)) {
        throw MachineException.usage(
            "The name \"" + target + "\" was given twice. Give each clone its own.");
      }
      targets.add(target);
    }
    for (VmName target : targets) {
      for (int length = 1; length < target.components().size(); length++) {
        if (seen.contains(new VmName(target.components().subList(0, length)))) {
          throw MachineException.usage(
              "\"" + target + "\" would lie inside another of the clones. Choose another name.");
        }
      }
    }
    return targets;
  }

  private void check(List<VmName> targets) throws MachineException {
    for (VmName target : targets) {
      placement.check(target);
    }
  }

  /**
   * Makes the clones as hidden directories, whole but for their names.
   *
   * @param sources gets the files whose data, at the instant of the clones, is theirs
   */
  private List<CloneDraft> prepared(
      CloneRequest request, List<VmName> targets, HiddenFiles hidden, Set<CowFile> sources)
      throws MachineException, ErrnoException, StoreException {
    operations.lock();
    try {
      for (int tries = 0; tries < MAX_TRIES; tries++) {
        CloneSource source = CloneSource.find(inventory, tree.view(), request.source());
        try {
          ClonePlan plan = ClonePlan.of(tree.view(), source, request.keepNames());
          check(targets);
          List<CloneDraft> drafts = drafts(plan, targets);
          if (build(plan, drafts, hidden, sources)) {
            return drafts;
          }
        } catch (UnsoundException e) {
          throw unsound(source, e);
        }
      }
    } finally {
      operations.unlock();
    }
    throw MachineException.refused(
        "\""
            + request.source()
            + "\" can not be cloned: its configuration was changed again and again meanwhile. Try"
            + " again when nobody edits it.");
  }

  private List<CloneDraft> drafts(ClonePlan plan, List<VmName> targets)
      throws MachineException, UnsoundException {
    List<Identity> identities = new Identities(tree.view()).next(targets.size());
    List<CloneDraft> drafts = new ArrayList<>();
    for (int i = 0; i < targets.size(); i++) {
      drafts.add(CloneDraft.of(plan, targets.get(i), identities.get(i)));
    }
    return drafts;
  }

  /** Builds the drafts; false if the source is not what was planned for any more. */
  private boolean build(
      ClonePlan plan, List<CloneDraft> drafts, HiddenFiles hidden, Set<CowFile> sources)
      throws ErrnoException, StoreException, UnsoundException {
    flushCaches(plan);
    long quota = store.quota(plan.origin().node()).limitBytes();
    try (HiddenFiles forks = new HiddenFiles(tree)) {
      Optional<SourceInstant> instant = SourceInstant.take(tree, plan, forks);
      if (instant.isEmpty()) {
        return false;
      }
      sources.addAll(instant.get().sources());
      tree.editInSteps(
          drafts.stream().flatMap(draft -> draft.build(instant.get(), quota, hidden)).iterator());
    }
    for (CloneDraft draft : drafts) {
      draft.write(tree.view(), hidden);
    }
    hidden.sync();
    return true;
  }

  /** What a running VM wrote through a mapping is with the kernel: it is part of the clone. */
  private void flushCaches(ClonePlan plan) throws ErrnoException {
    for (VmFile file : plan.source().files()) {
      long node = file.node().number();
      if (file.node().isRegular() && !tree.view().writers(node).isEmpty()) {
        tree.invalidate(node);
      }
    }
  }

  private void name(List<CloneDraft> drafts, List<Long> made, boolean full)
      throws MachineException, ErrnoException {
    Map<CloneDraft, Long> directories = new HashMap<>();
    for (int i = 0; i < drafts.size(); i++) {
      directories.put(drafts.get(i), made.get(i));
    }
    List<List<CloneDraft>> steps = steps(drafts);
    boolean atOnce = steps.size() == 1;
    if (!atOnce) {
      for (List<CloneDraft> step : steps) {
        edit(step, (edit, draft) -> draft.record(edit, directories.get(draft), full));
      }
    }
    operations.lock();
    try {
      edit(
          drafts,
          (edit, draft) -> {
            long directory = directories.get(draft);
            if (atOnce) {
              draft.record(edit, directory, full);
            }
            draft.link(edit, directory);
          });
    } finally {
      operations.unlock();
    }
  }

  /** What can be done a few clones at a time, so that no step stops others for long. */
  private static List<List<CloneDraft>> steps(List<CloneDraft> drafts) {
    List<List<CloneDraft>> steps = new ArrayList<>();
    for (int from = 0; from < drafts.size(); from += DRAFTS_PER_STEP) {
      steps.add(drafts.subList(from, Math.min(drafts.size(), from + DRAFTS_PER_STEP)));
    }
    return steps;
  }

  @FunctionalInterface
  private interface DraftWork<E extends Exception> {
    void apply(TreeEdit edit, CloneDraft draft) throws E, ErrnoException;
  }

  private <E extends Exception> void edit(List<CloneDraft> drafts, DraftWork<E> work)
      throws E, ErrnoException {
    tree.<Void, E>edit(
        edit -> {
          for (CloneDraft draft : drafts) {
            work.apply(edit, draft);
          }
          return null;
        });
  }
}
