package dev.pando.daemon.vm.running;

import dev.pando.daemon.host.HostBoot;
import dev.pando.daemon.tree.Errno;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.Opener;
import dev.pando.daemon.tree.TreeView;
import dev.pando.daemon.vm.files.VmDirectory;
import dev.pando.daemon.vm.files.VmFile;
import dev.pando.daemon.vmware.FileKind;
import dev.pando.daemon.vmware.VmFiles;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Whether a VM runs, and what says so: who has its disk images open for writing, a hypervisor's
 * locks, the command {@code pando power on}.
 *
 * @param runners who has disk images open for writing, each process once
 * @param lock a lock that a hypervisor made since the host was booted
 * @param power that it was powered on by command, if it still is
 */
public record Activity(List<Opener> runners, Optional<VmFile> lock, Optional<PowerRecord> power) {
  public static Activity of(TreeView view, VmDirectory vm) throws ErrnoException {
    List<VmFile> images =
        vm.files().stream().filter(file -> VmFiles.isDiskImage(file.name())).toList();
    return new Activity(
        writers(view, images),
        locks(vm).stream().filter(Activity::isLive).findFirst(),
        view.attachment(vm.node().number(), PowerRecord.PART)
            .map(PowerRecord::decode)
            .filter(PowerRecord::isOn));
  }

  /** Who has any of the files open for writing, each process once. */
  public static List<Opener> writers(TreeView view, List<VmFile> files) throws ErrnoException {
    Map<Integer, Opener> writers = new LinkedHashMap<>();
    for (VmFile file : files) {
      if (file.node().isRegular()) {
        for (Opener writer : writers(view, file.node().number())) {
          writers.putIfAbsent(writer.processId(), writer);
        }
      }
    }
    return new ArrayList<>(writers.values());
  }

  /** Nobody has a file open that was removed meanwhile: one that is open is not gone. */
  private static List<Opener> writers(TreeView view, long file) throws ErrnoException {
    try {
      return view.writers(file);
    } catch (ErrnoException e) {
      if (e.errno() != Errno.ESTALE) {
        throw e;
      }
      return List.of();
    }
  }

  /**
   * The hypervisor's locks: what lies in a lock directory, or ESXi's lock files. An empty directory
   * says nothing.
   */
  public static List<VmFile> locks(VmDirectory vm) {
    return vm.files().stream()
        .filter(
            file ->
                file.node().isRegular()
                    && (isLock(file) || file.directory().filter(Activity::isLock).isPresent()))
        .toList();
  }

  private static boolean isLock(VmFile file) {
    return VmFiles.kind(file.name(), "") == FileKind.LOCK;
  }

  /** One from before the host was booted is of a process that is no more. */
  private static boolean isLive(VmFile lock) {
    return lock.node().modifyNanos() >= HostBoot.startNanos();
  }

  public boolean isRunning() {
    return !runners.isEmpty() || lock.isPresent() || power.isPresent();
  }

  /** The processes known to run it. */
  public List<Opener> processes() {
    List<Opener> processes = new ArrayList<>(runners);
    power
        .flatMap(PowerRecord::holder)
        .filter(holder -> processes.stream().noneMatch(p -> p.processId() == holder.processId()))
        .ifPresent(processes::add);
    return processes;
  }

  /** Of one that runs, why that is known and how it ends: two sentences without the last stop. */
  public String sentence(String name) {
    if (!runners.isEmpty()) {
      return "it is running: " + Openers.sentence(runners) + ". Shut it down first";
    }
    if (lock.isPresent()) {
      return "it is running, or its hypervisor crashed: the lock "
          + lock.get().path()
          + " says so. Shut it down, or remove the lock if nothing runs";
    }
    String forWhom = processes().isEmpty() ? "" : " for " + Openers.names(processes());
    return "it is powered on"
        + forWhom
        + ". Shut it down first; \"pando power off "
        + name
        + "\" says that it is off";
  }
}
