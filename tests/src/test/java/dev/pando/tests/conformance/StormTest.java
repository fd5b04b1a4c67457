package dev.pando.tests.conformance;

import static dev.pando.daemon.tree.Errno.EEXIST;
import static dev.pando.daemon.tree.Errno.EINVAL;
import static dev.pando.daemon.tree.Errno.EISDIR;
import static dev.pando.daemon.tree.Errno.ELOOP;
import static dev.pando.daemon.tree.Errno.ENOENT;
import static dev.pando.daemon.tree.Errno.ENOTDIR;
import static dev.pando.daemon.tree.Errno.ENOTEMPTY;
import static dev.pando.daemon.tree.Errno.EPERM;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/**
 * Threads that make, move and remove names in the same few directories: some names of their own, of
 * which each knows exactly what they must be, and some that all fight for. Afterwards every link is
 * counted, the volume is mounted anew, and all is as it was.
 */
final class StormTest extends VolumeTest {
  private static final int THREADS = 4;
  private static final int STEPS = 400 * Integer.getInteger("pando.long", 1);
  private static final int DIRECTORIES = 3;
  private static final int SHARED_NAMES = 5;

  /** What may happen to who comes second. */
  private static final Set<Integer> LOST_RACES =
      Set.of(ENOENT, EEXIST, ENOTEMPTY, EISDIR, ENOTDIR, EINVAL, EPERM, ELOOP);

  private final long seed = Long.getLong("pando.test.seed", System.nanoTime());

  StormTest(Volume volume) {
    super(volume);
  }

  @Test
  void afterAStormEveryNameIsRightAndStaysRightWhenMountedAnew() throws Exception {
    System.out.println("StormTest on " + volume() + ": -Dpando.test.seed=" + seed);
    for (int directory = 0; directory < DIRECTORIES; directory++) {
      Posix.mkdir(at("d" + directory), 0755);
    }
    List<OwnNames> own = new ArrayList<>();
    List<Future<?>> storm = new ArrayList<>();
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try {
      for (int thread = 0; thread < THREADS; thread++) {
        Random random = new Random(seed + thread);
        OwnNames names =
            new OwnNames(directory(), "own" + thread + "-", DIRECTORIES, exchanges(), random);
        own.add(names);
        storm.add(threads.submit(() -> run(names, random)));
      }
      for (Future<?> one : storm) {
        one.get();
      }
    } finally {
      threads.shutdownNow();
    }
    own.forEach(OwnNames::checkAll);
    Survey before = Survey.of(directory());
    Volumes.remount(volume());
    own.forEach(OwnNames::checkAll);
    assertEquals(before.found(), Survey.of(directory()).found(), "seed " + seed);
  }

  private boolean exchanges() {
    return volume() != Volume.JNR_FUSE;
  }

  private void run(OwnNames own, Random random) {
    for (int step = 0; step < STEPS; step++) {
      own.step();
      try {
        fight(random);
      } catch (PosixException lost) {
        if (!LOST_RACES.contains(lost.errno())) {
          throw lost;
        }
      }
    }
  }

  private String sharedName(Random random) {
    return "d" + random.nextInt(DIRECTORIES) + "/shared" + random.nextInt(SHARED_NAMES);
  }

  private void fight(Random random) {
    String name = sharedName(random);
    String other = sharedName(random);
    switch (random.nextInt(10)) {
      case 0 -> Posix.mkdir(at(name), 0755);
      case 1, 2 -> {
        int fd = Posix.open(at(name), Posix.O_CREAT | Posix.O_WRONLY, 0644);
        Posix.pwrite(fd, Posix.bytes("shared"), 0);
        Posix.close(fd);
      }
      case 3 -> writeAndUnlink(name);
      case 4 -> Posix.unlink(at(name));
      case 5 -> Posix.rmdir(at(name));
      case 6 -> Posix.rename(at(name), at(other));
      case 7 -> Posix.rename(at(name), at(other), exchanges() ? Posix.RENAME_EXCHANGE : 0);
      case 8 -> Posix.link(at(name), at(other));
      default -> Posix.rename(at(name), at(other + "/below"));
    }
  }

  /** What is open works on, whoever removed or replaced it. */
  private void writeAndUnlink(String name) {
    int fd = Posix.open(at(name), Posix.O_RDWR);
    try {
      Posix.unlink(at(name));
    } finally {
      Posix.pwrite(fd, Posix.bytes("more"), 2);
      Posix.fstat(fd);
      Posix.close(fd);
    }
  }
}
