package dev.pando.tests.conformance;

import static dev.pando.daemon.tree.Errno.EBUSY;
import static dev.pando.daemon.tree.Errno.EEXIST;
import static dev.pando.daemon.tree.Errno.EINVAL;
import static dev.pando.daemon.tree.Errno.EISDIR;
import static dev.pando.daemon.tree.Errno.ENOENT;
import static dev.pando.daemon.tree.Errno.ENOTDIR;
import static dev.pando.daemon.tree.Errno.ENOTEMPTY;
import static dev.pando.tests.conformance.Posix.AT_REMOVEDIR;
import static dev.pando.tests.conformance.Posix.O_CREAT;
import static dev.pando.tests.conformance.Posix.O_DIRECTORY;
import static dev.pando.tests.conformance.Posix.O_RDONLY;
import static dev.pando.tests.conformance.Posix.O_WRONLY;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.testing.Patience;
import dev.pando.tests.conformance.Listing.Entry;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Directories: made, removed and read. */
final class DirectoryTest extends VolumeTest {
  private static final int MANY = 100_000;
  private static final int LONG = Integer.getInteger("pando.long", 1);

  DirectoryTest(Volume volume) {
    super(volume);
  }

  private void touch(String name) {
    Posix.close(Posix.open(at(name), O_CREAT | O_WRONLY, 0644));
  }

  private Set<String> touchAll(String directory, int count) {
    Posix.mkdir(at(directory), 0755);
    Set<String> names = new HashSet<>();
    for (int entry = 0; entry < count; entry++) {
      touch(directory + "/entry" + entry);
      names.add("entry" + entry);
    }
    return names;
  }

  @Test
  void aDirectoryHasALinkForEachSubdirectory() {
    Posix.mkdir(at("d"), 0755);
    assertEquals(2, Posix.stat(at("d")).links());
    for (int sub = 0; sub < 5; sub++) {
      Posix.mkdir(at("d/" + sub), 0755);
    }
    touch("d/file");
    assertEquals(7, Posix.stat(at("d")).links());
    Posix.rmdir(at("d/1"));
    assertEquals(6, Posix.stat(at("d")).links());
  }

  @Test
  void onlyAnEmptyDirectoryIsRemoved() {
    Posix.mkdir(at("d"), 0755);
    touch("d/file");
    refused(ENOTEMPTY, () -> Posix.rmdir(at("d")));
    refused(ENOTDIR, () -> Posix.rmdir(at("d/file")));
    refused(EISDIR, () -> Posix.unlink(at("d")));
    refused(ENOENT, () -> Posix.rmdir(at("none")));
    refused(EINVAL, () -> Posix.rmdir(Posix.bytes(at("d") + "/.")));
    refused(ENOTEMPTY, () -> Posix.rmdir(Posix.bytes(at("d") + "/..")));
    Posix.unlink(at("d/file"));
    Posix.rmdir(at("d"));
    refused(ENOENT, () -> Posix.stat(at("d")));
  }

  @Test
  void nothingIsMadeWhereSomethingIs() {
    touch("file");
    Posix.mkdir(at("d"), 0755);
    refused(EEXIST, () -> Posix.mkdir(at("file"), 0755));
    refused(EEXIST, () -> Posix.mkdir(at("d"), 0755));
    refused(EEXIST, () -> Posix.mkdir(at("."), 0755));
    refused(EEXIST, () -> Posix.symlink(Posix.bytes("x"), at("d")));
    refused(ENOENT, () -> Posix.mkdir(at("none/d"), 0755));
    refused(ENOTDIR, () -> Posix.mkdir(at("file/d"), 0755));
  }

  @Test
  void theMountPointIsNotRemoved() {
    Path mountpoint = directory().getParent();
    refused(EBUSY, () -> Posix.rmdir(mountpoint));
    refused(EBUSY, () -> Posix.rename(mountpoint, mountpoint.resolveSibling("elsewhere")));
  }

  @Test
  void aReadingTellsInodesAndTypes() {
    Posix.mkdir(at("d"), 0755);
    touch("d/file");
    Posix.mkdir(at("d/directory"), 0755);
    Posix.symlink(Posix.bytes("x"), at("d/symlink"));
    Posix.mknod(at("d/fifo"), Posix.S_IFIFO | 0644, 0);
    Posix.mknod(at("d/socket"), Posix.S_IFSOCK | 0644, 0);
    Posix.mknod(at("d/character"), Posix.S_IFCHR | 0644, 0x103);
    Posix.mknod(at("d/block"), Posix.S_IFBLK | 0644, 0x103);
    Map<String, Entry> entries = new TreeMap<>();
    try (Listing listing = Listing.of(at("d"))) {
      listing.rest().forEach(entry -> entries.put(entry.name(), entry));
    }
    assertEquals(9, entries.size());
    assertEquals(Posix.stat(at("d")).inode(), entries.get(".").inode());
    assertEquals(Posix.stat(directory()).inode(), entries.get("..").inode());
    entries.forEach(
        (name, entry) -> {
          Posix.Stat stat = Posix.lstat(at("d/" + name));
          assertEquals(stat.inode(), entry.inode(), name);
          assertEquals(stat.mode() >> 12, entry.type(), name);
        });
  }

  @Test
  void aReadingBySmallBuffersTellsAllOnce() {
    Set<String> names = touchAll("d", 500);
    List<String> read = new ArrayList<>();
    try (Listing listing = Listing.of(at("d"), 64)) {
      listing.rest().forEach(entry -> read.add(entry.name()));
    }
    assertEquals(names.size() + 2, read.size());
    assertTrue(new HashSet<>(read).containsAll(names));
  }

  @Test
  void aBufferThatHoldsNoEntryIsRefused() {
    Posix.mkdir(at("d"), 0755);
    touch("d/" + "n".repeat(255));
    try (Listing listing = Listing.of(at("d"), 64)) {
      List<Entry> entries = new ArrayList<>();
      refused(
          EINVAL,
          () -> {
            for (int read = 0; read < 4; read++) {
              entries.addAll(listing.some());
            }
          });
      assertTrue(entries.size() <= 2, entries::toString);
    }
  }

  @Test
  void aReadingGoesOnFromWhereItIsTold() {
    touchAll("d", 1000);
    try (Listing listing = Listing.of(at("d"), 1024)) {
      List<Entry> all = listing.rest();
      for (int at = 0; at < all.size(); at += 97) {
        listing.seek(all.get(at).next());
        assertEquals(all.subList(at + 1, all.size()), listing.rest());
      }
      listing.seek(0);
      assertEquals(all, listing.rest());
    }
  }

  @Test
  void aReadingFromTheBeginningSeesWhatCameMeanwhile() {
    touchAll("d", 10);
    try (Listing listing = Listing.of(at("d"))) {
      assertEquals(12, listing.rest().size());
      touch("d/new");
      Posix.unlink(at("d/entry3"));
      listing.seek(0);
      List<String> names = listing.rest().stream().map(Entry::name).toList();
      assertEquals(12, names.size());
      assertTrue(names.contains("new"));
      assertTrue(!names.contains("entry3"));
    }
  }

  @Test
  void whatIsThereDuringAWholeReadingIsSeenOnce() throws Exception {
    Set<String> staying = touchAll("d", 500);
    AtomicBoolean ends = new AtomicBoolean();
    Thread changes =
        new Thread(
            () -> {
              for (int round = 0; !ends.get(); round++) {
                touch("d/coming" + round);
                Posix.rename(at("d/coming" + round), at("d/moved" + round));
                if (round >= 100) {
                  Posix.unlink(at("d/moved" + (round - 100)));
                }
              }
            });
    changes.start();
    try {
      for (int reading = 0; reading < 20; reading++) {
        List<String> seen = new ArrayList<>();
        try (Listing listing = Listing.of(at("d"), 512)) {
          listing.rest().stream().map(Entry::name).filter(staying::contains).forEach(seen::add);
        }
        assertEquals(staying.size(), seen.size(), "reading " + reading);
        assertEquals(staying, new HashSet<>(seen));
      }
    } finally {
      ends.set(true);
      changes.join();
    }
  }

  @Test
  void aDirectoryIsEmptiedWhileItIsRead() {
    Set<String> names = touchAll("d", 1000);
    int removed = 0;
    try (Listing listing = Listing.of(at("d"), 512)) {
      for (List<Entry> some = listing.some(); !some.isEmpty(); some = listing.some()) {
        for (Entry entry : some) {
          if (names.contains(entry.name())) {
            Posix.unlink(at("d/" + entry.name()));
            removed++;
          }
        }
      }
    }
    assertEquals(names.size(), removed);
    Posix.rmdir(at("d"));
  }

  @Test
  @Timeout(Patience.HANG_SECONDS)
  void aHundredThousandEntriesAreMadeReadFoundAndRemoved() {
    // a request each takes its time: of our own as many as ten seconds allow
    int many = volume().isPando() && LONG == 1 ? MANY / 5 : MANY;
    Posix.mkdir(at("d"), 0755);
    int fd = Posix.open(at("d"), O_RDONLY | O_DIRECTORY);
    touch("one");
    for (int entry = 0; entry < many; entry++) {
      // one request each, so that it takes no longer than it must
      if (entry < many / 2) {
        Posix.link(at("one"), at("d/entry" + entry));
      } else {
        Posix.mknod(at("d/entry" + entry), Posix.S_IFIFO | 0644, 0);
      }
    }
    Set<String> names = new HashSet<>(Listing.names(at("d")));
    assertEquals(many, names.size());
    for (int entry = 0; entry < many; entry += 997) {
      assertTrue(names.contains("entry" + entry));
      assertTrue(Posix.fstatat(fd, "entry" + entry).links() >= 1);
    }
    for (int entry = 0; entry < many; entry++) {
      Posix.unlinkat(fd, "entry" + entry, 0);
    }
    assertEquals(List.of(), Listing.names(at("d")));
    Posix.close(fd);
    Posix.rmdir(at("d"));
  }

  @Test
  void directoriesGoTwoThousandLevelsDeep() {
    int levels = volume() == Volume.JNR_FUSE && LONG == 1 ? 500 : 2000;
    int fd = Posix.open(directory(), O_RDONLY | O_DIRECTORY);
    for (int level = 0; level < levels; level++) {
      Posix.mkdirat(fd, "level", 0755);
      fd = moveTo(fd, "level");
    }
    for (int level = 0; level < levels; level++) {
      fd = moveTo(fd, "..");
      Posix.unlinkat(fd, "level", AT_REMOVEDIR);
    }
    assertEquals(Posix.stat(directory()).inode(), Posix.fstat(fd).inode());
    Posix.close(fd);
  }

  private static int moveTo(int fd, String name) {
    int next = Posix.openat(fd, name, O_RDONLY | O_DIRECTORY, 0);
    Posix.close(fd);
    return next;
  }
}
