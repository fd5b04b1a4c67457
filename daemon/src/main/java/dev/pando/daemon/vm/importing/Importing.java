package dev.pando.daemon.vm.importing;

import dev.pando.cowstore.CowStore;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.PandoTree;
import dev.pando.daemon.vm.files.Contents;
import dev.pando.daemon.vm.files.Failures;
import dev.pando.daemon.vm.files.Inspection;
import dev.pando.daemon.vm.files.Layout;
import dev.pando.daemon.vm.files.MachineException;
import dev.pando.daemon.vm.files.UnsoundException;
import dev.pando.daemon.vm.files.VmName;
import dev.pando.daemon.vm.making.HiddenFiles;
import dev.pando.daemon.vm.making.Placement;
import dev.pando.daemon.vm.making.ProgressListener;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.locks.Lock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a VM of the host into the store: into a hidden directory, which gets its name when all of
 * it is durable. An import that is refused, fails or is killed leaves nothing.
 */
public final class Importing {
  private static final Logger LOG = LoggerFactory.getLogger(Importing.class);

  private final CowStore store;
  private final PandoTree tree;
  private final Placement placement;
  private final Path mountpoint;
  private final Lock operations;

  /**
   * @param mountpoint where the tree is mounted: nothing is imported from there
   * @param operations the lock on operations, taken for the last step only
   */
  public Importing(
      CowStore store, PandoTree tree, Placement placement, Path mountpoint, Lock operations) {
    this.store = store;
    this.tree = tree;
    this.placement = placement;
    this.mountpoint = mountpoint.toAbsolutePath().normalize();
    this.operations = operations;
  }

  /** Imports and returns the VM's name. */
  public String importVm(Path path, Optional<String> wantedName, ProgressListener progress)
      throws MachineException {
    Path absolute = path.toAbsolutePath().normalize();
    checkOutsideMount(path, absolute);
    HostSource source = HostSource.of(absolute);
    VmName name = VmName.parse(wantedName.orElse(source.name()));
    placement.check(name);
    Inspection inspection = inspect(source);
    try (HiddenFiles hidden = new HiddenFiles(tree)) {
      ImportDraft draft =
          ImportDraft.of(source, name, inspection.identity(), inspection.relativeTexts());
      long directory = draft.build(tree, hidden);
      draft.copy(tree.view(), hidden, progress);
      draft.keepTimes(tree);
      hidden.sync();
      progress.checkWanted("import");
      operations.lock();
      try {
        tree.<Void, MachineException>edit(
            edit -> {
              draft.link(edit, tree.view());
              return null;
            });
      } finally {
        operations.unlock();
      }
      hidden.keep(directory);
      store.commit();
      LOG.info("imported {} from {}", name, absolute);
      return name.toString();
    } catch (UnsoundException e) {
      throw refused(absolute, e.getMessage());
    } catch (ErrnoException e) {
      throw Failures.translate(e);
    } catch (IOException e) {
      throw Failures.translate(e);
    }
  }

  private void checkOutsideMount(Path path, Path absolute) throws MachineException {
    boolean inside = absolute.startsWith(mountpoint);
    if (!inside) {
      try {
        inside = absolute.toRealPath().startsWith(mountpoint);
      } catch (IOException missing) {
        return; // what is not there is refused as that
      }
    }
    if (inside) {
      throw MachineException.refused(
          path
              + " lies in the mount itself. To copy a VM that is there, use \"pando clone\" or"
              + " \"cp -a\".");
    }
  }

  private static Inspection inspect(HostSource source) throws MachineException {
    Contents contents = source.contents();
    Layout layout = Layout.of(contents);
    if (!layout.isVm()) {
      throw refused(
          source.directory(), "it is no VM: it holds no .vmx, no domain XML and no disk image");
    }
    Inspection inspection = new Inspection(contents, layout, source.name());
    try {
      inspection.check();
    } catch (UnsoundException e) {
      throw refused(source.directory(), e.getMessage());
    }
    return inspection;
  }

  private static MachineException refused(Path source, String why) {
    return MachineException.refused(
        source + " can not be imported: " + why + ". Put that right and try again.");
  }
}
