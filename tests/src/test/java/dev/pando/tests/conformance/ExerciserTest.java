package dev.pando.tests.conformance;

import dev.pando.tests.MountedStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Files stay what their shadows are, whatever is done to them in whatever order. */
final class ExerciserTest extends VolumeTest {
  /** On each volume, half of them with clones and remounts. */
  private static final int OPERATIONS = 10_000;

  private static final int ROUNDS = 10;
  private static final int MAX_VMS = 3;
  private static final long LONG = Long.getLong("pando.long", 1);
  private static final String[] FILES = {"data.bin", "disk.raw", "disk-flat.vmdk"};

  ExerciserTest(Volume volume) {
    super(volume);
  }

  /** A VM's directory and its files. */
  private record Vm(String name, List<Subject> files) {}

  private static Vm vm(Path parent, String name) {
    List<Subject> files = new ArrayList<>();
    for (String file : FILES) {
      files.add(new Subject(parent.resolve(name).resolve(file)));
    }
    return new Vm(name, files);
  }

  private static void open(Exerciser exerciser, Vm vm) {
    for (Subject file : vm.files) {
      file.open();
      exerciser.add(file);
    }
  }

  private static void close(Exerciser exerciser, Vm vm) {
    for (Subject file : vm.files) {
      file.close();
      exerciser.remove(file);
    }
  }

  private Exerciser exerciser(long seed) {
    System.out.println(volume() + ": seed " + seed);
    return new Exerciser(seed, volume() == Volume.EXT4, volume() != Volume.JNR_FUSE);
  }

  private static AssertionError explained(Exerciser exerciser, long seed, Throwable failure) {
    return new AssertionError(
        failure.getMessage() + "\nseed " + seed + ", last:\n" + exerciser.history(), failure);
  }

  @Test
  void filesAreWhatTheirShadowsAre() throws Exception {
    for (long i = 0; i < LONG; i++) {
      long seed = Long.getLong("pando.seed", System.nanoTime());
      Exerciser exerciser = exerciser(seed);
      Posix.mkdir(at("vm" + i), 0755);
      Vm vm = vm(directory(), "vm" + i);
      try {
        open(exerciser, vm);
        exerciser.run(OPERATIONS / 2);
        exerciser.checkAll();
      } catch (RuntimeException | AssertionError failure) {
        throw explained(exerciser, seed, failure);
      } finally {
        close(exerciser, vm);
      }
    }
  }

  @NotOn(value = Volume.EXT4, because = "it clones no VMs")
  @Test
  void clonesAndTheirSourcesGoTheirOwnWaysAndOutliveTheMount() throws Exception {
    for (long i = 0; i < LONG; i++) {
      long seed = Long.getLong("pando.seed", System.nanoTime());
      Exerciser exerciser = exerciser(seed);
      List<Vm> vms = new ArrayList<>();
      try (MountedStore store = MountedStore.mounted("--transport", volume().transport())) {
        try {
          exercise(exerciser, store, vms);
        } finally {
          vms.forEach(vm -> close(exerciser, vm));
        }
      } catch (IOException | RuntimeException | AssertionError failure) {
        throw explained(exerciser, seed, failure);
      }
    }
  }

  private static void exercise(Exerciser exerciser, MountedStore store, List<Vm> vms)
      throws IOException {
    Posix.mkdir(store.at("vm0"), 0755);
    vms.add(vm(store.mountpoint(), "vm0"));
    open(exerciser, vms.get(0));
    for (int round = 1; round <= ROUNDS; round++) {
      exerciser.run(OPERATIONS / 2 / ROUNDS);
      if (round % 4 == 0) {
        remount(exerciser, store, vms, round % 8 == 0);
      } else {
        clone(exerciser, store, vms, "vm" + round);
      }
      exerciser.checkAll();
    }
  }

  private static void remount(Exerciser exerciser, MountedStore store, List<Vm> vms, boolean killed)
      throws IOException {
    exerciser.note(killed ? "kill and mount" : "unmount and mount");
    vms.forEach(vm -> close(exerciser, vm));
    if (killed) {
      store.kill();
    } else {
      store.umount();
    }
    store.mount();
    vms.forEach(vm -> open(exerciser, vm));
  }

  /** A clone of a VM with all its files open and written to. */
  private static void clone(Exerciser exerciser, MountedStore store, List<Vm> vms, String name)
      throws IOException {
    if (vms.size() == MAX_VMS) {
      Vm removed = vms.remove(exerciser.random().nextInt(vms.size()));
      exerciser.note("remove " + removed.name);
      close(exerciser, removed);
      store.pando("remove", removed.name, "--force").succeeded();
    }
    Vm source = vms.get(exerciser.random().nextInt(vms.size()));
    exerciser.note("clone " + source.name + " to " + name);
    store.pando("clone", source.name, name).succeeded();
    List<Subject> files = new ArrayList<>();
    for (Subject file : source.files) {
      files.add(file.copiedTo(store.at(name).resolve(file.file().getFileName())));
    }
    Vm clone = new Vm(name, files);
    vms.add(clone);
    open(exerciser, clone);
  }
}
