package dev.pando.tests.conformance;

import static dev.pando.daemon.tree.Errno.EACCES;
import static dev.pando.daemon.tree.Errno.EBUSY;
import static dev.pando.daemon.tree.Errno.EEXIST;
import static dev.pando.daemon.tree.Errno.EINVAL;
import static dev.pando.daemon.tree.Errno.EISDIR;
import static dev.pando.daemon.tree.Errno.ENOENT;
import static dev.pando.daemon.tree.Errno.ENOTDIR;
import static dev.pando.daemon.tree.Errno.ENOTEMPTY;
import static dev.pando.daemon.tree.Errno.EPERM;
import static dev.pando.daemon.tree.Errno.EXDEV;
import static dev.pando.tests.conformance.Posix.RENAME_EXCHANGE;
import static dev.pando.tests.conformance.Posix.RENAME_NOREPLACE;
import static dev.pando.tests.conformance.Posix.RENAME_WHITEOUT;
import static dev.pando.tests.conformance.Volume.JNR_FUSE;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** rename(2) and renameat2(2). */
final class RenameTest extends VolumeTest {
  private static final String NO_FLAGS = "libfuse 2.9 has no RENAME2: EINVAL for every flag";
  private static final int USER = 1234;

  /** What an entry can be, each with a way to make one. */
  private enum Kind {
    FILE,
    DIRECTORY,
    FULL_DIRECTORY,
    SYMLINK,
    FIFO,
    SOCKET,
    DEVICE;

    boolean isDirectory() {
      return this == DIRECTORY || this == FULL_DIRECTORY;
    }
  }

  RenameTest(Volume volume) {
    super(volume);
  }

  private void make(Kind kind, String name) {
    switch (kind) {
      case FILE -> make(name, "text of " + name);
      case DIRECTORY -> Posix.mkdir(at(name), 0755);
      case FULL_DIRECTORY -> {
        Posix.mkdir(at(name), 0755);
        make(name + "/inside", "inside");
      }
      case SYMLINK -> Posix.symlink(Posix.bytes("target"), at(name));
      case FIFO -> Posix.mknod(at(name), Posix.S_IFIFO | 0644, 0);
      case SOCKET -> Posix.mknod(at(name), Posix.S_IFSOCK | 0644, 0);
      case DEVICE -> Posix.mknod(at(name), Posix.S_IFCHR | 0644, 0x103);
    }
  }

  private long inode(String name) {
    return Posix.lstat(at(name)).inode();
  }

  @Test
  void everyKindTakesANewNameAndStaysWhatItIs() {
    for (Kind kind : Kind.values()) {
      make(kind, "old");
      Posix.Stat before = Posix.lstat(at("old"));
      Posix.rename(at("old"), at("new-" + kind));
      Posix.Stat after = Posix.lstat(at("new-" + kind));
      assertEquals(before.inode(), after.inode(), kind::toString);
      assertEquals(before.mode(), after.mode(), kind::toString);
      assertEquals(before.links(), after.links(), kind::toString);
      refused(ENOENT, () -> Posix.lstat(at("old")));
    }
  }

  @Test
  void everyKindReplacesWhatItMayReplaceAndNothingElse() throws IOException {
    for (Kind moved : Kind.values()) {
      for (Kind replaced : Kind.values()) {
        make(moved, "moved");
        make(replaced, "replaced");
        String pair = moved + " over " + replaced;
        int errno = errnoOf(moved, replaced);
        long inode = inode("moved");
        long there = inode("replaced");
        if (errno == 0) {
          Posix.rename(at("moved"), at("replaced"));
          assertEquals(inode, inode("replaced"), pair);
          refused(ENOENT, () -> Posix.lstat(at("moved")));
        } else {
          refused(errno, () -> Posix.rename(at("moved"), at("replaced")));
          assertEquals(inode, inode("moved"), pair);
          assertEquals(there, inode("replaced"), pair);
        }
        shell("rm -rf moved replaced").succeeded();
      }
    }
  }

  private static int errnoOf(Kind moved, Kind replaced) {
    if (moved.isDirectory() && !replaced.isDirectory()) {
      return ENOTDIR;
    }
    if (!moved.isDirectory() && replaced.isDirectory()) {
      return EISDIR;
    }
    return replaced == Kind.FULL_DIRECTORY ? ENOTEMPTY : 0;
  }

  @Test
  @NotOn(value = JNR_FUSE, because = NO_FLAGS)
  void whatMayNotBeReplacedStays() {
    for (Kind kind : Kind.values()) {
      make(kind, "there-" + kind);
      make("moved", "moved");
      refused(EEXIST, () -> Posix.rename(at("moved"), at("there-" + kind), RENAME_NOREPLACE));
      Posix.rename(at("moved"), at("free-" + kind), RENAME_NOREPLACE);
      assertEquals("moved", text("free-" + kind));
    }
  }

  @Test
  @NotOn(value = JNR_FUSE, because = NO_FLAGS)
  void everyKindIsExchangedForEveryOther() throws IOException {
    for (Kind one : Kind.values()) {
      for (Kind other : Kind.values()) {
        Posix.mkdir(at("a"), 0755);
        Posix.mkdir(at("b"), 0755);
        make(one, "a/x");
        make(other, "b/y");
        String pair = one + " for " + other;
        long oneInode = inode("a/x");
        long otherInode = inode("b/y");
        Posix.rename(at("a/x"), at("b/y"), RENAME_EXCHANGE);
        assertEquals(oneInode, inode("b/y"), pair);
        assertEquals(otherInode, inode("a/x"), pair);
        assertEquals(other.isDirectory() ? 3 : 2, Posix.stat(at("a")).links(), pair);
        assertEquals(one.isDirectory() ? 3 : 2, Posix.stat(at("b")).links(), pair);
        if (one.isDirectory()) {
          assertEquals(inode("b"), inode("b/y/.."), pair);
        }
        if (other.isDirectory()) {
          assertEquals(inode("a"), inode("a/x/.."), pair);
        }
        shell("rm -rf a b").succeeded();
      }
    }
  }

  @Test
  @NotOn(value = JNR_FUSE, because = NO_FLAGS)
  void anExchangeNeedsBoth() {
    make("there", "there");
    refused(ENOENT, () -> Posix.rename(at("there"), at("none"), RENAME_EXCHANGE));
    refused(ENOENT, () -> Posix.rename(at("none"), at("there"), RENAME_EXCHANGE));
  }

  @Test
  @NotOn(value = JNR_FUSE, because = NO_FLAGS)
  void aDirectoryIsNotExchangedForWhatIsInIt() {
    Posix.mkdir(at("a"), 0755);
    Posix.mkdir(at("a/b"), 0755);
    refused(EINVAL, () -> Posix.rename(at("a"), at("a/b"), RENAME_EXCHANGE));
    refused(EINVAL, () -> Posix.rename(at("a/b"), at("a"), RENAME_EXCHANGE));
  }

  @Test
  void flagsThatContradictEachOtherAreRefused() {
    make("a", "a");
    make("b", "b");
    refused(EINVAL, () -> Posix.rename(at("a"), at("b"), RENAME_NOREPLACE | RENAME_EXCHANGE));
    refused(EINVAL, () -> Posix.rename(at("a"), at("b"), RENAME_WHITEOUT | RENAME_EXCHANGE));
    refused(EINVAL, () -> Posix.rename(at("a"), at("b"), 1 << 7));
    assertEquals("a", text("a"));
    assertEquals("b", text("b"));
  }

  @Test
  void thereAreNoWhiteouts() {
    make("a", "a");
    if (volume().isPando()) {
      refused(EINVAL, () -> Posix.rename(at("a"), at("b"), RENAME_WHITEOUT));
      assertEquals("a", text("a"));
    } else {
      Posix.rename(at("a"), at("b"), RENAME_WHITEOUT);
      assertEquals(Posix.S_IFCHR, Posix.stat(at("a")).type());
    }
  }

  @Test
  void nothingGoesIntoItself() {
    Posix.mkdir(at("a"), 0755);
    Posix.mkdir(at("a/b"), 0755);
    Posix.mkdir(at("a/b/c"), 0755);
    refused(EINVAL, () -> Posix.rename(at("a"), at("a/new")));
    refused(EINVAL, () -> Posix.rename(at("a"), at("a/b/c/new")));
    refused(EINVAL, () -> Posix.rename(at("a"), at("a/b/c")));
    refused(ENOTEMPTY, () -> Posix.rename(at("a/b/c"), at("a")));
    refused(EBUSY, () -> Posix.rename(at("a/."), at("new")));
    refused(EBUSY, () -> Posix.rename(at("a/b/.."), at("new")));
  }

  @Test
  void twoNamesOfOneFileBothStay() {
    make("one", "text");
    Posix.link(at("one"), at("other"));
    Posix.rename(at("one"), at("other"));
    assertEquals(2, Posix.stat(at("one")).links());
    assertEquals(2, Posix.stat(at("other")).links());
    Posix.rename(at("one"), at("one"));
    assertEquals("text", text("one"));
  }

  @Test
  void whatIsOpenStaysOpenWhenItMoves() {
    Posix.mkdir(at("a"), 0755);
    make("file", "text");
    int fd = Posix.open(at("file"), Posix.O_RDWR);
    Posix.rename(at("file"), at("a/moved"));
    Posix.pwrite(fd, Posix.bytes("more"), 4);
    assertEquals("textmore", text("a/moved"));
    Posix.close(fd);
  }

  @Test
  void whatIsOpenStaysOpenWhenItIsReplaced() {
    make("replaced", "old");
    make("file", "new");
    int fd = Posix.open(at("replaced"), Posix.O_RDWR);
    Posix.rename(at("file"), at("replaced"));
    assertEquals("new", text("replaced"));
    assertEquals("old", text(fd));
    assertEquals(0, Posix.fstat(fd).links());
    Posix.close(fd);
  }

  @Test
  void aDirectoryThatMovesTakesItsLinkWithIt() {
    Posix.mkdir(at("a"), 0755);
    Posix.mkdir(at("b"), 0755);
    Posix.mkdir(at("a/x"), 0755);
    Posix.rename(at("a/x"), at("b/y"));
    assertEquals(2, Posix.stat(at("a")).links());
    assertEquals(3, Posix.stat(at("b")).links());
    assertEquals(inode("b"), inode("b/y/.."));
    Posix.mkdir(at("b/empty"), 0755);
    Posix.rename(at("b/y"), at("b/empty"));
    assertEquals(3, Posix.stat(at("b")).links());
  }

  @Test
  void aDirectoryOfAStickyDirectoryIsMovedByItsOwnerOnly() {
    Posix.mkdir(at("sticky"), 0777);
    Posix.chmod(at("sticky"), 01777);
    make("sticky/roots", "root's");
    Posix.as(
        USER,
        USER,
        new int[0],
        () -> {
          int own = Posix.open(at("sticky/own"), Posix.O_CREAT | Posix.O_WRONLY, 0644);
          Posix.close(own);
          refused(EPERM, () -> Posix.rename(at("sticky/roots"), at("sticky/mine")));
          refused(EPERM, () -> Posix.rename(at("sticky/own"), at("sticky/roots")));
          Posix.rename(at("sticky/own"), at("sticky/mine"));
        });
    assertEquals(List.of("mine", "roots"), Listing.names(at("sticky")).stream().sorted().toList());
  }

  @Test
  void movingADirectoryElsewhereNeedsTheRightToWriteIt() {
    Posix.chmod(directory(), 0777);
    Posix.mkdir(at("roots"), 0755);
    Posix.mkdir(at("a"), 0777);
    Posix.chmod(at("a"), 0777);
    Posix.as(
        USER,
        USER,
        new int[0],
        () -> {
          refused(EACCES, () -> Posix.rename(at("roots"), at("a/roots")));
          Posix.rename(at("roots"), at("renamed"));
        });
  }

  @Test
  void nothingIsRenamedAcrossMounts() throws IOException {
    make("file", "text");
    Path elsewhere = Files.createTempDirectory("pando-elsewhere-");
    try {
      refused(EXDEV, () -> Posix.rename(at("file"), elsewhere.resolve("file")));
    } finally {
      Files.delete(elsewhere);
    }
  }

  @Test
  void whatIsNotThereIsNotRenamed() {
    refused(ENOENT, () -> Posix.rename(at("none"), at("new")));
    make("file", "text");
    refused(ENOENT, () -> Posix.rename(at("file"), at("none/new")));
    refused(ENOTDIR, () -> Posix.rename(at("file/below"), at("new")));
    refused(ENOTDIR, () -> Posix.rename(at("file"), Path.of(at("file") + "/new")));
  }
}
