package dev.pando.daemon.vm;

import dev.pando.cowstore.CowStore;
import dev.pando.cowstore.ScrubReport;
import dev.pando.cowstore.ScrubReport.Damage;
import dev.pando.cowstore.StoreException;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.PandoTree;
import dev.pando.daemon.tree.TreeView;
import dev.pando.daemon.vm.files.Failures;
import dev.pando.daemon.vm.files.Generation;
import dev.pando.daemon.vm.files.Inventory;
import dev.pando.daemon.vm.files.MachineException;
import dev.pando.daemon.vm.listing.DamagedFile;
import dev.pando.daemon.vm.listing.ScrubbedStore;
import dev.pando.daemon.vm.making.ProgressListener;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Has all data read and verified, and says whose is damaged. */
final class Scrubbing {
  private static final Logger LOG = LoggerFactory.getLogger(Scrubbing.class);
  private static final int MOST_LOGGED = 100;

  private final CowStore store;
  private final TreeView view;
  private final Inventory inventory;
  private final ReentrantLock scrubbing = new ReentrantLock();

  Scrubbing(CowStore store, PandoTree tree, Inventory inventory) {
    this.store = store;
    this.view = tree.view();
    this.inventory = inventory;
  }

  /** One scrub; REFUSED if one is under way. */
  ScrubbedStore scrub(ProgressListener progress) throws MachineException {
    if (!scrubbing.tryLock()) {
      throw MachineException.refused("A scrub is under way already. Wait until it has ended.");
    }
    try {
      Throttle throttle = new Throttle(progress, store.stats().storedBytes());
      ScrubReport report = store.scrub(throttle::goesOn);
      List<DamagedFile> damaged = named(report.damages());
      for (DamagedFile file : damaged.subList(0, Math.min(MOST_LOGGED, damaged.size()))) {
        LOG.error(
            "damaged: {} {}, {} bytes at {}: {}",
            file.vm().orElse("(no VM)"),
            file.path().orElse("(no name)"),
            file.damage().lengthBytes(),
            file.damage().offset(),
            file.damage().kind());
      }
      return new ScrubbedStore(report, damaged);
    } catch (ErrnoException e) {
      throw Failures.translate(e);
    } catch (StoreException e) {
      throw Failures.translate(e);
    } finally {
      scrubbing.unlock();
    }
  }

  private List<DamagedFile> named(List<Damage> damages) throws ErrnoException {
    List<DamagedFile> damaged = new ArrayList<>();
    if (damages.isEmpty()) {
      return damaged;
    }
    Set<Long> nodes = new LinkedHashSet<>();
    damages.forEach(damage -> nodes.add(damage.fileId()));
    List<TreeView.Name> names = view.names(nodes);
    for (Damage damage : damages) {
      Optional<TreeView.Name> name =
          names.stream().filter(candidate -> candidate.node() == damage.fileId()).findFirst();
      damaged.add(
          name.isEmpty()
              ? new DamagedFile(Optional.empty(), Optional.empty(), damage)
              : named(name.get(), damage));
    }
    return damaged;
  }

  private DamagedFile named(TreeView.Name name, Damage damage) throws ErrnoException {
    Optional<String> directory = view.path(name.directory());
    if (directory.isEmpty()) {
      return new DamagedFile(generation(name.directory()), Optional.of(name.text()), damage);
    }
    Optional<String> vm = inventory.nameOfOwner(directory.get());
    String path = directory.get().isEmpty() ? name.text() : directory.get() + "/" + name.text();
    return new DamagedFile(
        vm, Optional.of(vm.map(owner -> path.substring(owner.length() + 1)).orElse(path)), damage);
  }

  /** The earlier generation whose hidden directory it is. */
  private Optional<String> generation(long directory) throws ErrnoException {
    Long owner = view.keepers().get(directory);
    if (owner != null) {
      for (Generation generation : Generation.of(view, owner)) {
        if (generation.directory() == directory) {
          return view.path(owner).map(name -> name + "@" + generation.number());
        }
      }
    }
    return Optional.empty();
  }
}
