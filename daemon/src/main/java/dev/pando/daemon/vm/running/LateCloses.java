package dev.pando.daemon.vm.running;

import dev.pando.daemon.host.ProcessFiles;
import dev.pando.daemon.tree.Errno;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.Opener;
import dev.pando.daemon.tree.TreeView;
import dev.pando.daemon.vm.files.Inventory;
import dev.pando.daemon.vm.files.MachineException;
import dev.pando.daemon.vm.files.VmDirectory;
import dev.pando.daemon.vm.files.VmFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Waits for what the kernel is about to say. It sends the last close of a file behind the process's
 * back (RELEASE): a process may have closed a disk, or be gone, and is still on record as who has
 * it open. What was refused for that is tried once more when the record has caught up. Thread-safe;
 * to be used without a lock.
 */
public final class LateCloses {
  /** The longest that a refusal comes later for it. */
  private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

  private final TreeView view;
  private final Inventory inventory;

  public LateCloses(TreeView view, Inventory inventory) {
    this.view = view;
    this.inventory = inventory;
  }

  /** What may be refused because a VM runs. */
  @FunctionalInterface
  public interface Operation<T> {
    /** Does it, or refuses, and has changed nothing then. */
    T run() throws MachineException;
  }

  /** What the operation comes to when closes of files of these VMs that are due have come. */
  public <T> T outlast(List<String> names, Operation<T> operation) throws MachineException {
    try {
      return operation.run();
    } catch (MachineException e) {
      if (e.kind() != MachineException.Kind.REFUSED || !await(names)) {
        throw e;
      }
      return operation.run();
    }
  }

  /**
   * Waits until nobody is on record as having files of these VMs open; false, at once, if somebody
   * is seen to have one, and if the record does not change within a second.
   */
  public boolean await(List<String> names) throws MachineException {
    long start = System.nanoTime();
    for (String name : names) {
      while (true) {
        List<Opened> opened = opened(name);
        if (opened.isEmpty()) {
          break;
        }
        if (opened.stream().anyMatch(LateCloses::isSeen)
            || System.nanoTime() - start > LONGEST_NANOS) {
          return false;
        }
        LockSupport.parkNanos(PAUSE_NANOS);
      }
    }
    return true;
  }

  /** A file that a process is on record as having open. */
  private record Opened(VmFile file, Opener opener) {}

  private List<Opened> opened(String name) throws MachineException {
    List<Opened> opened = new ArrayList<>();
    try {
      VmDirectory vm = inventory.find(name);
      for (VmFile file : vm.files()) {
        if (file.node().isRegular()) {
          openers(file).forEach(opener -> opened.add(new Opened(file, opener)));
        }
      }
      Optional<PowerRecord> power = byOpening(vm);
      if (opened.isEmpty() && power.flatMap(PowerRecord::holder).isPresent()) {
        // the last close has come, and the power-off that follows from it has not
        Opener holder = power.flatMap(PowerRecord::holder).get();
        vm.files().forEach(file -> opened.add(new Opened(file, holder)));
      }
    } catch (MachineException | ErrnoException gone) {
      return List.of(); // the operation says what there is to say
    }
    return opened;
  }

  private Optional<PowerRecord> byOpening(VmDirectory vm) throws ErrnoException {
    return view.attachment(vm.node().number(), PowerRecord.PART)
        .map(PowerRecord::decode)
        .filter(record -> record.isByOpening() && record.isOn());
  }

  private List<Opener> openers(VmFile file) throws ErrnoException {
    List<Opener> openers = new ArrayList<>();
    try {
      openers.addAll(view.writers(file.node().number()));
      openers.addAll(view.readers(file.node().number()));
    } catch (ErrnoException e) {
      if (e.errno() != Errno.ESTALE) {
        throw e;
      } // else it was removed meanwhile
    }
    return openers;
  }

  /** Whether the process can be seen to have the file open still. */
  private static boolean isSeen(Opened opened) {
    VmFile file = opened.file();
    try {
      return opened.opener().processId() > 0
          && ProcessFiles.of(opened.opener().processId())
              .hasOpen(file.node().number(), file.name());
    } catch (IOException unknown) {
      return true;
    }
  }
}
