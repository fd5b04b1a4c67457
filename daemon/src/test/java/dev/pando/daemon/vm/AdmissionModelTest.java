package dev.pando.daemon.vm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.daemon.memory.Admission;
import dev.pando.daemon.memory.HostMemory;
import dev.pando.daemon.memory.HostSettings;
import dev.pando.daemon.memory.OverheadRule;
import dev.pando.daemon.memory.Promise;
import dev.pando.daemon.memory.Shares;
import dev.pando.daemon.memory.Units;
import dev.pando.daemon.memory.VmMemory;
import dev.pando.daemon.vm.files.MachineException;
import dev.pando.daemon.vm.memory.MemoryReport;
import dev.pando.daemon.vm.memory.MemoryRequest;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Admissions and releases at random, against a model; by several threads, against the host. */
class AdmissionModelTest {
  private static final int VMS = 12;
  private static final int OPERATIONS = 400;
  private static final int THREADS = 6;

  /** The room for swap is the disk's, which others use too: what is this near is not judged. */
  private static final long UNSURE_BYTES = 64 * Units.MIB;

  private static final HostMemory HOST =
      new HostMemory(4 * Units.GIB, Units.GIB / 2, OverheadRule.TABLE);

  private MachineBench bench;

  @BeforeEach
  void open(@TempDir Path directory) throws Exception {
    bench = new MachineBench(directory);
    bench.importVm("base");
    bench.machines().limitStore(10 * Units.GIB);
    String[] names = new String[VMS];
    for (int i = 0; i < VMS; i++) {
      names[i] = name(i);
    }
    bench.clone("base", names);
    bench.machines().memory().set(before -> settings(HOST));
  }

  @AfterEach
  void close() throws Exception {
    bench.close();
  }

  private static String name(int number) {
    return "vm" + number;
  }

  private static HostSettings settings(HostMemory host) {
    return new HostSettings(
        OptionalLong.of(host.totalBytes()), OptionalLong.of(host.reserveBytes()), host.overhead());
  }

  /** What was promised to whom, and what everybody is configured to have. */
  private final class Model {
    private final Map<Integer, VmMemory> memory = new HashMap<>();
    private final Map<Integer, Promise> on = new HashMap<>();

    Model() {
      for (int i = 0; i < VMS; i++) {
        memory.put(i, VmMemory.plain(256 * Units.MIB, 1));
      }
    }

    Promise promised() {
      return on.values().stream().reduce(Promise.NOTHING, Promise::plus);
    }

    /** Whether a VM can be promised this; nothing where it can not be told. */
    Optional<Boolean> admits(int vm, Promise wanted) {
      Promise others =
          on.entrySet().stream()
              .filter(entry -> entry.getKey() != vm)
              .map(Map.Entry::getValue)
              .reduce(Promise.NOTHING, Promise::plus);
      long free = bench.tree().store().stats().availableBytes();
      long room = free + (on.containsKey(vm) ? on.get(vm).swapBytes() : 0);
      Admission admission = new Admission(HOST, others, room);
      return Math.abs(room - wanted.swapBytes()) < UNSURE_BYTES
          ? Optional.empty()
          : Optional.of(admission.refusal(wanted).isEmpty());
    }

    void requireSame() throws MachineException {
      MemoryReport report = bench.machines().memory().report();
      assertEquals(promised(), report.promised());
      assertEquals(promised().swapBytes(), report.swapAsideBytes());
      assertTrue(report.host().unreservedBytes(report.promised()) >= 0);
      for (MemoryReport.Row row : report.vms()) {
        if (row.name().startsWith("vm")) {
          int vm = Integer.parseInt(row.name().substring(2));
          assertEquals(on.containsKey(vm), row.isOn(), row.name());
          assertEquals(Optional.of(memory.get(vm)), row.memory());
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void oneAfterTheOtherTheyAreAsTheModelSays(long seed) throws Exception {
    Random random = new Random(seed);
    Model model = new Model();
    int refused = 0;
    for (int i = 0; i < OPERATIONS; i++) {
      int vm = random.nextInt(VMS);
      String step = "seed " + seed + ", operation " + i + ", " + name(vm);
      Optional<Boolean> expected = Optional.of(true);
      boolean done = true;
      try {
        switch (random.nextInt(10)) {
          case 0, 1, 2, 3 -> {
            Promise wanted = HOST.promise(model.memory.get(vm));
            boolean withSwapFile = random.nextInt(4) == 0;
            // one that is on goes on; a swap file is made for none that may use one already
            expected =
                model.on.containsKey(vm) ? Optional.of(!withSwapFile) : model.admits(vm, wanted);
            bench.machines().powerOn(name(vm), OptionalInt.empty(), withSwapFile);
            model.on.putIfAbsent(vm, wanted);
          }
          case 4, 5, 6 -> {
            bench.machines().powerOff(name(vm));
            model.on.remove(vm);
          }
          case 7 -> bench.reopen();
          default -> {
            VmMemory before = model.memory.get(vm);
            long size =
                model.on.containsKey(vm)
                    ? before.sizeBytes()
                    : 128 * Units.MIB * (1 + random.nextInt(20));
            long reservation = Units.MIB * random.nextInt((int) (size / Units.MIB) + 1);
            VmMemory after =
                new VmMemory(size, reservation, VmMemory.UNLIMITED, Shares.NORMAL, 1, false);
            Promise wanted = HOST.promise(after);
            if (model.on.containsKey(vm) && reservation != before.reservationBytes()) {
              expected = model.admits(vm, wanted);
            }
            bench
                .machines()
                .memory()
                .set(
                    name(vm),
                    new MemoryRequest(
                        OptionalLong.of(size),
                        OptionalLong.of(reservation),
                        OptionalLong.empty(),
                        Optional.empty()));
            model.memory.put(vm, after);
            model.on.computeIfPresent(vm, (n, old) -> wanted);
          }
        }
      } catch (MachineException e) {
        assertEquals(MachineException.Kind.REFUSED, e.kind(), step + ": " + e.getMessage());
        done = false;
        refused++;
      }
      if (expected.isPresent()) {
        assertEquals(expected.get(), done, step);
      }
      if (i % 20 == 0) {
        model.requireSame();
      }
    }
    model.requireSame();
    assertTrue(refused > 10, "only " + refused + " refused");
  }

  @Test
  void manyAtOnceNeverGetMoreThanThereIs() throws Exception {
    long each = 700 * Units.MIB;
    for (int i = 0; i < VMS; i++) {
      bench
          .machines()
          .memory()
          .set(
              name(i),
              new MemoryRequest(
                  OptionalLong.of(Units.GIB),
                  OptionalLong.of(each),
                  OptionalLong.empty(),
                  Optional.empty()));
    }
    long room = HOST.totalBytes() - HOST.reserveBytes();
    AtomicLong held = new AtomicLong();
    AtomicInteger admitted = new AtomicInteger();
    AtomicInteger refused = new AtomicInteger();
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try {
      Future<?>[] done = new Future<?>[THREADS];
      for (int t = 0; t < THREADS; t++) {
        int first = t;
        done[t] =
            threads.submit(
                () -> {
                  Random random = new Random(first);
                  for (int i = 0; i < OPERATIONS / 2; i++) {
                    // each thread has VMs of its own: what it holds it knows
                    String vm = name(first + THREADS * random.nextInt(VMS / THREADS));
                    try {
                      bench.machines().powerOn(vm, OptionalInt.empty(), false);
                    } catch (MachineException e) {
                      assertTrue(e.getMessage().contains("unreserved"), e.getMessage());
                      refused.incrementAndGet();
                      continue;
                    }
                    assertTrue(held.addAndGet(each) <= room);
                    admitted.incrementAndGet();
                    held.addAndGet(-each);
                    bench.machines().powerOff(vm);
                  }
                  return null;
                });
      }
      for (Future<?> one : done) {
        one.get();
      }
    } finally {
      threads.shutdownNow();
    }
    assertTrue(admitted.get() > 100 && refused.get() > 0, admitted + " and " + refused);
    assertEquals(Promise.NOTHING, bench.machines().memory().report().promised());
    assertEquals(0, bench.tree().store().setAsideBytes());
  }
}
