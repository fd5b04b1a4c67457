package dev.pando.tests.conformance;

import static dev.pando.daemon.tree.Errno.EEXIST;
import static dev.pando.daemon.tree.Errno.EINVAL;
import static dev.pando.daemon.tree.Errno.ELOOP;
import static dev.pando.daemon.tree.Errno.EMLINK;
import static dev.pando.daemon.tree.Errno.ENAMETOOLONG;
import static dev.pando.daemon.tree.Errno.ENOENT;
import static dev.pando.daemon.tree.Errno.EPERM;
import static dev.pando.daemon.tree.Errno.EXDEV;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** link(2), symlink(2) and readlink(2). */
final class LinkTest extends VolumeTest {
  /** EXT4_LINK_MAX. */
  private static final int MOST_LINKS = 65_000;

  /** MAXSYMLINKS of the kernel. */
  private static final int MOST_FOLLOWED = 40;

  LinkTest(Volume volume) {
    super(volume);
  }

  @Test
  void allNamesOfAFileAreEqual() {
    make("one", "text");
    Posix.link(at("one"), at("two"));
    Posix.link(at("two"), at("three"));
    assertEquals(3, Posix.stat(at("one")).links());
    assertEquals(Posix.stat(at("one")).inode(), Posix.stat(at("three")).inode());
    Posix.unlink(at("one"));
    assertEquals("text", text("three"));
    assertEquals(2, Posix.stat(at("two")).links());
  }

  @Test
  void whatIsWrittenByOneNameIsReadByAnother() {
    make("one", "text");
    Posix.link(at("one"), at("two"));
    int fd = Posix.open(at("two"), Posix.O_WRONLY);
    Posix.pwrite(fd, Posix.bytes("TEXT and more"), 0);
    Posix.close(fd);
    assertEquals("TEXT and more", text("one"));
    assertEquals(13, Posix.stat(at("one")).size());
  }

  @Test
  void allButDirectoriesCanBeLinked() {
    Posix.symlink(Posix.bytes("target"), at("symlink"));
    Posix.mknod(at("fifo"), Posix.S_IFIFO | 0644, 0);
    Posix.mknod(at("socket"), Posix.S_IFSOCK | 0644, 0);
    Posix.mknod(at("device"), Posix.S_IFCHR | 0644, 0x103);
    for (String name : new String[] {"symlink", "fifo", "socket", "device"}) {
      Posix.link(at(name), at(name + "2"));
      Posix.Stat stat = Posix.lstat(at(name));
      assertEquals(2, stat.links(), name);
      assertEquals(stat, Posix.lstat(at(name + "2")), name);
    }
    Posix.mkdir(at("directory"), 0755);
    refused(EPERM, () -> Posix.link(at("directory"), at("directory2")));
  }

  @Test
  void aLinkReplacesNothing() {
    make("one", "one");
    make("two", "two");
    refused(EEXIST, () -> Posix.link(at("one"), at("two")));
    refused(EEXIST, () -> Posix.link(at("one"), at("one")));
    refused(ENOENT, () -> Posix.link(at("none"), at("three")));
    refused(ENOENT, () -> Posix.link(at("one"), at("none/three")));
    assertEquals("two", text("two"));
  }

  @Test
  void nothingIsLinkedAcrossMounts() throws IOException {
    make("file", "text");
    Path elsewhere = Files.createTempDirectory("pando-elsewhere-");
    try {
      refused(EXDEV, () -> Posix.link(at("file"), elsewhere.resolve("file")));
    } finally {
      Files.delete(elsewhere);
    }
  }

  @Test
  void aFileHasSoManyLinksAndNoMore() {
    Assumptions.assumeTrue(Integer.getInteger("pando.long", 1) > 1, "takes long");
    make("file", "text");
    Posix.mkdir(at("links"), 0755);
    for (int links = 1; links < MOST_LINKS; links++) {
      Posix.link(at("file"), at("links/" + links));
    }
    refused(EMLINK, () -> Posix.link(at("file"), at("links/more")));
    assertEquals(MOST_LINKS, Posix.stat(at("file")).links());
    Posix.unlink(at("links/1"));
    Posix.link(at("file"), at("links/more"));
  }

  @Test
  void targetsOfEveryLengthComeBack() {
    for (int length : new int[] {1, 59, 60, 61, 255, 256, 1000, 4000, 4095}) {
      byte[] target = new byte[length];
      Arrays.fill(target, (byte) 'x');
      target[length / 2] = (byte) (length % 2 == 0 ? '/' : 0xff);
      Path link = at("link" + length);
      Posix.symlink(target, link);
      assertArrayEquals(target, Posix.readlink(link), "length " + length);
      assertEquals(length, Posix.lstat(link).size());
    }
  }

  @Test
  void aTargetIsNeitherEmptyNorLongerThanAPath() {
    byte[] tooLong = new byte[4096];
    Arrays.fill(tooLong, (byte) 'x');
    refused(ENAMETOOLONG, () -> Posix.symlink(tooLong, at("link")));
    refused(ENOENT, () -> Posix.symlink(new byte[0], at("link")));
  }

  @Test
  void aLinkIsOpenToAllAndLeadsWhereItSays() {
    Posix.mkdir(at("a"), 0755);
    make("a/file", "text");
    Posix.symlink(Posix.bytes("a"), at("directory"));
    Posix.symlink(Posix.bytes("../a/file"), at("a/link"));
    assertEquals(Posix.S_IFLNK | 0777, Posix.lstat(at("directory")).mode());
    assertEquals("text", text("directory/file"));
    assertEquals("text", text("directory/link"));
    refused(EINVAL, () -> Posix.readlink(at("a/file")));
  }

  @Test
  void aLinkThatLeadsNowhereIsThereAndItsTargetIsNot() {
    Posix.symlink(Posix.bytes("none"), at("link"));
    assertEquals(Posix.S_IFLNK, Posix.lstat(at("link")).type());
    refused(ENOENT, () -> Posix.stat(at("link")));
    refused(EEXIST, () -> Posix.symlink(Posix.bytes("other"), at("link")));
    refused(EEXIST, () -> Posix.mkdir(at("link"), 0755));
  }

  @Test
  void linksThatLeadInACircleAreGivenUp() {
    Posix.symlink(Posix.bytes("b"), at("a"));
    Posix.symlink(Posix.bytes("a"), at("b"));
    refused(ELOOP, () -> Posix.stat(at("a")));
    refused(ELOOP, () -> Posix.open(at("a/file"), Posix.O_RDONLY));
    Posix.symlink(Posix.bytes("self"), at("self"));
    refused(ELOOP, () -> Posix.stat(at("self")));
  }

  @Test
  void aChainOfLinksIsFollowedSoFarAndNoFarther() {
    make("link0", "text");
    for (int link = 1; link <= MOST_FOLLOWED + 1; link++) {
      Posix.symlink(Posix.bytes("link" + (link - 1)), at("link" + link));
    }
    assertEquals("text", text("link" + MOST_FOLLOWED));
    refused(ELOOP, () -> Posix.stat(at("link" + (MOST_FOLLOWED + 1))));
  }

  @Test
  void aLinkIsUnlinkedAndNotItsTarget() {
    make("file", "text");
    Posix.symlink(Posix.bytes("file"), at("link"));
    Posix.unlink(at("link"));
    assertEquals("text", text("file"));
  }
}
