package dev.pando.tests.conformance;

import static dev.pando.daemon.tree.Errno.EACCES;
import static dev.pando.daemon.tree.Errno.EPERM;
import static dev.pando.tests.conformance.Posix.O_CREAT;
import static dev.pando.tests.conformance.Posix.O_RDONLY;
import static dev.pando.tests.conformance.Posix.O_WRONLY;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Who may do what: path_resolution(7), the chapter on permissions. */
final class PermissionTest extends VolumeTest {
  private static final int OWNER = 1001;
  private static final int GROUP = 2001;
  private static final int READ = 4;
  private static final int WRITE = 2;
  private static final int SEARCH = 1;

  /**
   * Somebody, as the permission bits tell people apart.
   *
   * @param shift where in a mode the bits for this one are
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Person(String who, int uid, int gid, List<Integer> groups, int shift) {
    void does(Runnable action) {
      Posix.as(uid, gid, groups.stream().mapToInt(group -> group).toArray(), action);
    }
  }

  private static final List<Person> PEOPLE =
      List.of(
          new Person("owner", OWNER, GROUP, List.of(), 6),
          new Person("group", 1002, GROUP, List.of(), 3),
          new Person("supplementary group", 1003, 2003, List.of(2004, GROUP, 2005), 3),
          new Person("other", 1004, 2004, List.of(2005), 0));

  PermissionTest(Volume volume) {
    super(volume);
  }

  private void allowedIf(boolean may, String what, Executable call) {
    try {
      call.execute();
      assertEquals(true, may, what + " was allowed");
    } catch (PosixException refusal) {
      assertEquals(EACCES, refusal.errno(), what);
      assertEquals(false, may, what + " was refused");
    } catch (Throwable other) {
      throw new AssertionError(what, other);
    }
  }

  @Test
  void readingAndWritingAFileGoByTheBitsOfWhoAsks() {
    make("file", "text");
    Posix.chown(at("file"), OWNER, GROUP);
    for (int bits = 0; bits < 8; bits++) {
      for (Person person : PEOPLE) {
        // all others may do the opposite: nobody falls through to the next class
        int mode = (0777 & ~(7 << person.shift()) & complement(bits)) | bits << person.shift();
        Posix.chmod(at("file"), mode);
        boolean reads = (bits & READ) != 0;
        boolean writes = (bits & WRITE) != 0;
        boolean runs = (bits & SEARCH) != 0;
        String what = "%s with mode %o".formatted(person.who(), mode);
        person.does(
            () -> {
              allowedIf(reads, "reading: " + what, () -> open(O_RDONLY));
              allowedIf(writes, "writing: " + what, () -> open(O_WRONLY));
              allowedIf(writes, "cutting: " + what, () -> Posix.truncate(at("file"), 4));
              allowedIf(reads, "access 4: " + what, () -> Posix.access(at("file"), READ));
              allowedIf(writes, "access 2: " + what, () -> Posix.access(at("file"), WRITE));
              allowedIf(runs, "access 1: " + what, () -> Posix.access(at("file"), SEARCH));
            });
      }
    }
  }

  private static int complement(int bits) {
    int opposite = ~bits & 7;
    return opposite << 6 | opposite << 3 | opposite;
  }

  private void open(int flags) {
    Posix.close(Posix.open(at("file"), flags));
  }

  @Test
  void theUseOfADirectoryGoesByTheBitsOfWhoAsks() {
    Posix.mkdir(at("d"), 0755);
    make("d/file", "text");
    Posix.chmod(at("d/file"), 0666);
    Posix.chown(at("d"), OWNER, GROUP);
    for (int bits = 0; bits < 8; bits++) {
      for (Person person : PEOPLE) {
        int mode = bits << person.shift();
        Posix.chmod(at("d"), mode);
        boolean lists = (bits & READ) != 0;
        boolean finds = (bits & SEARCH) != 0;
        boolean changes = finds && (bits & WRITE) != 0;
        String what = "%s with mode %o".formatted(person.who(), mode);
        person.does(
            () -> {
              allowedIf(lists, "listing: " + what, () -> Listing.names(at("d")));
              allowedIf(finds, "finding: " + what, () -> Posix.stat(at("d/file")));
              allowedIf(changes, "making: " + what, this::makeEachKind);
              allowedIf(changes, "linking: " + what, () -> linkAndUnlink(person));
              allowedIf(changes, "moving: " + what, this::moveThereAndBack);
            });
      }
    }
  }

  private void makeEachKind() {
    Posix.close(Posix.open(at("d/new"), O_CREAT | O_WRONLY, 0644));
    Posix.unlink(at("d/new"));
    Posix.mkdir(at("d/sub"), 0755);
    Posix.rmdir(at("d/sub"));
    Posix.symlink(Posix.bytes("x"), at("d/symlink"));
    Posix.unlink(at("d/symlink"));
    Posix.mknod(at("d/fifo"), Posix.S_IFIFO | 0644, 0);
    Posix.unlink(at("d/fifo"));
  }

  private void linkAndUnlink(Person person) {
    Posix.link(at("d/file"), at("d/link" + person.uid()));
    Posix.unlink(at("d/link" + person.uid()));
  }

  private void moveThereAndBack() {
    Posix.rename(at("d/file"), at("d/moved"));
    Posix.rename(at("d/moved"), at("d/file"));
  }

  @Test
  void rootMayDoAllButRunWhatNobodyMayRun() {
    make("file", "text");
    Posix.mkdir(at("d"), 0);
    Posix.chown(at("file"), OWNER, GROUP);
    Posix.chown(at("d"), OWNER, GROUP);
    Posix.chmod(at("file"), 0);
    open(O_RDONLY);
    open(O_WRONLY);
    Posix.access(at("file"), READ | WRITE);
    refused(EACCES, () -> Posix.access(at("file"), SEARCH));
    Posix.chmod(at("file"), 0001);
    Posix.access(at("file"), SEARCH);
    make("d/file", "text");
    assertEquals(List.of("file"), Listing.names(at("d")));
  }

  @Test
  void whoMayNotSearchADirectoryOnTheWayGetsNoFarther() {
    Posix.mkdir(at("a"), 0755);
    Posix.mkdir(at("a/b"), 0755);
    make("a/b/file", "text");
    Posix.chmod(at("a"), 0766);
    Person other = PEOPLE.get(3);
    other.does(
        () -> {
          refused(EACCES, () -> Posix.stat(at("a/b/file")));
          refused(EACCES, () -> Posix.stat(at("a/b/../../a")));
        });
    Posix.chmod(at("a"), 0711);
    other.does(() -> Posix.stat(at("a/b/file")));
  }

  @Test
  void inAStickyDirectoryEachRemovesHisOwn() {
    Posix.mkdir(at("tmp"), 0755);
    Posix.chmod(at("tmp"), 01777);
    make("tmp/roots", "text");
    Posix.mkdir(at("tmp/rootsd"), 0777);
    Person one = PEOPLE.get(1);
    Person two = PEOPLE.get(3);
    one.does(() -> Posix.close(Posix.open(at("tmp/one"), O_CREAT | O_WRONLY, 0666)));
    two.does(
        () -> {
          refused(EPERM, () -> Posix.unlink(at("tmp/roots")));
          refused(EPERM, () -> Posix.rmdir(at("tmp/rootsd")));
          refused(EPERM, () -> Posix.unlink(at("tmp/one")));
        });
    one.does(() -> Posix.unlink(at("tmp/one")));
    Posix.chown(at("tmp"), two.uid(), -1);
    two.does(() -> Posix.unlink(at("tmp/roots")));
  }

  @Test
  void theMaskTakesBitsFromWhatIsMade() {
    int before = Posix.umask(027);
    try {
      Posix.close(Posix.open(at("file"), O_CREAT | O_WRONLY, 0777));
      Posix.mkdir(at("d"), 0777);
      Posix.mknod(at("fifo"), Posix.S_IFIFO | 0666, 0);
      Posix.symlink(Posix.bytes("x"), at("link"));
    } finally {
      Posix.umask(before);
    }
    assertEquals(0750, Posix.stat(at("file")).permissions());
    assertEquals(0750, Posix.stat(at("d")).permissions());
    assertEquals(0640, Posix.stat(at("fifo")).permissions());
    assertEquals(0777, Posix.lstat(at("link")).permissions());
  }

  @Test
  void whatIsMadeBelongsToItsMaker() {
    Posix.chmod(directory(), 0777);
    Person person = PEOPLE.get(2);
    person.does(
        () -> {
          Posix.close(Posix.open(at("file"), O_CREAT | O_WRONLY, 0644));
          Posix.mkdir(at("d"), 0755);
          Posix.symlink(Posix.bytes("x"), at("link"));
        });
    for (String name : List.of("file", "d", "link")) {
      assertEquals(person.uid(), Posix.lstat(at(name)).uid(), name);
      assertEquals(person.gid(), Posix.lstat(at(name)).gid(), name);
    }
  }

  @Test
  void aChangeOfModeIsSeenAtOnce() {
    make("file", "text");
    Person other = PEOPLE.get(3);
    for (int round = 0; round < 20; round++) {
      Posix.chmod(at("file"), 0644);
      other.does(() -> open(O_RDONLY));
      Posix.chmod(at("file"), 0600);
      other.does(() -> refused(EACCES, () -> open(O_RDONLY)));
    }
  }
}
