package dev.pando.tests.conformance;

import static dev.pando.daemon.tree.Errno.EACCES;
import static dev.pando.daemon.tree.Errno.EINVAL;
import static dev.pando.daemon.tree.Errno.EPERM;
import static dev.pando.tests.conformance.Posix.UTIME_NOW;
import static dev.pando.tests.conformance.Posix.UTIME_OMIT;
import static dev.pando.tests.conformance.Volume.JNR_FUSE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.tests.conformance.Posix.Stat;
import dev.pando.tests.conformance.Posix.Time;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** The times of a file: utimensat(2), statx(2). */
final class TimeTest extends VolumeTest {
  private static final int USER = 1234;
  private static final int OTHER = 1235;

  TimeTest(Volume volume) {
    super(volume);
  }

  private Stat stat(String name) {
    return Posix.lstat(at(name));
  }

  private void set(String name, long access, long accessNanos, long modify, long modifyNanos) {
    Posix.utimensat(at(name), access, accessNanos, modify, modifyNanos);
  }

  @Test
  void timesAreKeptToTheNanosecond() {
    make("file", "text");
    set("file", 1_000_000_001L, 123_456_789, 1_000_000_002L, 987_654_321);
    assertEquals(new Time(1_000_000_001L, 123_456_789), stat("file").accessed());
    assertEquals(new Time(1_000_000_002L, 987_654_321), stat("file").modified());
  }

  @Test
  void timesReachFromBefore1970ToAfter2038() {
    make("file", "text");
    for (long seconds : new long[] {-2_000_000_000L, -1, 0, 0x7fffffffL, 0x80000000L, 1L << 33}) {
      set("file", seconds, 999_999_999, seconds, 1);
      assertEquals(new Time(seconds, 999_999_999), stat("file").accessed());
      assertEquals(new Time(seconds, 1), stat("file").modified());
    }
  }

  @Test
  void aTimeCanBeNowOrLeftAsItIs() {
    make("file", "text");
    set("file", 5, 6, 7, 8);
    Time before = now();
    set("file", 0, UTIME_NOW, 0, UTIME_OMIT);
    assertTrue(stat("file").accessed().compareTo(before) >= 0);
    assertEquals(new Time(7, 8), stat("file").modified());
    set("file", 5, 6, 7, 8);
    set("file", 0, UTIME_OMIT, 0, UTIME_NOW);
    assertEquals(new Time(5, 6), stat("file").accessed());
    assertTrue(stat("file").modified().compareTo(before) >= 0);
    set("file", 9, 10, 0, UTIME_OMIT);
    assertEquals(new Time(9, 10), stat("file").accessed());
  }

  @Test
  void whereBothTimesAreLeftNothingChanges() {
    make("file", "text");
    Stat before = stat("file");
    set("file", 0, UTIME_OMIT, 0, UTIME_OMIT);
    assertEquals(before, stat("file"));
  }

  @Test
  void aSecondHasNoMoreNanosecondsThanItHas() {
    make("file", "text");
    refused(EINVAL, () -> set("file", 0, 1_000_000_000, 0, 0));
    refused(EINVAL, () -> set("file", 0, -1, 0, 0));
  }

  @Test
  void aLinkAndADirectoryHaveTimesOfTheirOwn() {
    Posix.symlink(Posix.bytes("none"), at("link"));
    Posix.mkdir(at("d"), 0755);
    for (String name : new String[] {"link", "d"}) {
      set(name, 1, 2, 3, 4);
      assertEquals(new Time(1, 2), stat(name).accessed(), name);
      assertEquals(new Time(3, 4), stat(name).modified(), name);
    }
  }

  @Test
  void timesAreSetThroughADescriptor() {
    make("file", "text");
    int fd = Posix.open(at("file"), Posix.O_RDONLY);
    Posix.unlink(at("file"));
    Posix.futimens(fd, 1, 2, 3, 4);
    assertEquals(new Time(1, 2), Posix.fstat(fd).accessed());
    assertEquals(new Time(3, 4), Posix.fstat(fd).modified());
    Posix.close(fd);
  }

  @Test
  void onlyTheOwnerSetsTimesAndAWriterMaySetThemToNow() {
    make("file", "text");
    Posix.chown(at("file"), USER, USER);
    Posix.chmod(at("file"), 0644);
    Posix.as(USER, USER, new int[0], () -> set("file", 1, 2, 3, 4));
    Posix.as(
        OTHER,
        OTHER,
        new int[0],
        () -> {
          refused(EPERM, () -> set("file", 1, 2, 3, 4));
          refused(EPERM, () -> set("file", 0, UTIME_OMIT, 3, 4));
          refused(EPERM, () -> set("file", 0, UTIME_NOW, 0, UTIME_OMIT));
          refused(EACCES, () -> set("file", 0, UTIME_NOW, 0, UTIME_NOW));
        });
    Posix.chmod(at("file"), 0646);
    Posix.as(
        OTHER,
        OTHER,
        new int[0],
        () -> {
          set("file", 0, UTIME_NOW, 0, UTIME_NOW);
          refused(EPERM, () -> set("file", 1, 2, 3, 4));
        });
  }

  @Test
  @NotOn(value = JNR_FUSE, because = "libfuse 2.9 has no STATX: no birth time")
  void theTimeOfBirthNeverChanges() {
    Time before = now();
    make("file", "text");
    Time born = stat("file").born();
    assertTrue(born.compareTo(before) >= 0);
    tick();
    Posix.chmod(at("file"), 0600);
    set("file", 1, 2, 3, 4);
    Posix.link(at("file"), at("link"));
    Posix.rename(at("file"), at("renamed"));
    int fd = Posix.open(at("renamed"), Posix.O_WRONLY);
    Posix.pwrite(fd, Posix.bytes("TEXT"), 0);
    Posix.ftruncate(fd, 1);
    Posix.close(fd);
    assertEquals(born, stat("renamed").born());
    assertTrue((stat("renamed").mask() & 0x800) != 0, "STATX_BTIME");
  }

  @Test
  void theTimeOfChangeIsNowWhateverTimesAreSet() {
    make("file", "text");
    Time before = now();
    set("file", 1, 2, 3, 4);
    assertTrue(stat("file").changed().compareTo(before) >= 0);
  }

  @Test
  void aNewInodeHasOneTime() {
    make("file", "");
    Posix.mkdir(at("d"), 0755);
    Posix.symlink(Posix.bytes("x"), at("link"));
    for (String name : new String[] {"file", "d", "link"}) {
      Stat made = stat(name);
      assertEquals(made.modified(), made.accessed(), name);
      assertEquals(made.modified(), made.changed(), name);
    }
  }

  @Test
  void whatIsReadOftenHasItsTimeOfAccessMovedOnceAfterAChange() {
    Posix.mkdir(at("d"), 0755);
    make("d/file", "text");
    tick();
    Listing.names(at("d"));
    Time first = stat("d").accessed();
    assertTrue(first.compareTo(stat("d").modified()) > 0);
    tick();
    Listing.names(at("d"));
    assertEquals(first, stat("d").accessed());
  }

  @Test
  void theFirstReadOfACachedFileMovesItsTimeOfAccess() {
    make("file", "");
    Posix.truncate(at("file"), 4096); // and nothing of it is in the page cache
    set("file", 1, 2, 3, 4);
    int fd = Posix.open(at("file"), Posix.O_RDONLY);
    Posix.pread(fd, 4, 0);
    assertTrue(stat("file").accessed().seconds() > 1);
    Posix.close(fd);
    assertTrue(stat("file").accessed().seconds() > 1);
  }

  @Test
  void aReadOfAnImageMovesItsTimeOfAccessOnceAfterAWrite() {
    make("disk.img", "text");
    int fd = Posix.open(at("disk.img"), Posix.O_RDWR);
    tick();
    Posix.pread(fd, 4, 0);
    Time first = stat("disk.img").accessed();
    assertTrue(first.compareTo(stat("disk.img").modified()) > 0);
    tick();
    Posix.pread(fd, 4, 0);
    assertEquals(first, stat("disk.img").accessed());
    Posix.pwrite(fd, Posix.bytes("TEXT"), 0);
    tick();
    Posix.pread(fd, 4, 0);
    assertTrue(stat("disk.img").accessed().compareTo(first) > 0);
    Posix.close(fd);
  }

  @Test
  void aTimeOfAccessOlderThanADayIsMovedByARead() {
    make("disk.img", "text");
    long now = now().seconds();
    set("disk.img", now - 100_000, 0, now - 200_000, 0);
    int fd = Posix.open(at("disk.img"), Posix.O_RDONLY);
    Posix.pread(fd, 4, 0);
    Posix.close(fd);
    assertTrue(stat("disk.img").accessed().seconds() >= now);
  }

  @Test
  void whoReadsWithoutATraceLeavesTheTimeOfAccess() {
    make("disk.img", "text");
    Posix.mkdir(at("d"), 0755);
    make("d/file", "text");
    set("disk.img", 1, 2, 3, 4);
    set("d", 1, 2, 3, 4);
    int fd = Posix.open(at("disk.img"), Posix.O_RDONLY | Posix.O_NOATIME);
    Posix.pread(fd, 4, 0);
    Posix.close(fd);
    int directory = Posix.open(at("d"), Posix.O_RDONLY | Posix.O_DIRECTORY | Posix.O_NOATIME);
    Posix.getdents(directory, ByteBuffer.allocateDirect(4096));
    Posix.close(directory);
    assertEquals(new Time(1, 2), stat("disk.img").accessed());
    assertEquals(new Time(1, 2), stat("d").accessed());
  }

  /** The time by the clock of this volume: that of a change just made. */
  private Time now() {
    return Clock.of(at("clock")).now();
  }

  /** Returns when the clock of this volume has moved on. */
  private void tick() {
    Clock.of(at("clock")).tick();
  }
}
