package dev.pando.tests.conformance;

import static dev.pando.daemon.tree.Errno.ENODATA;
import static dev.pando.daemon.tree.Errno.EPERM;
import static dev.pando.tests.conformance.Posix.FALLOC_KEEP_SIZE;
import static dev.pando.tests.conformance.Posix.FALLOC_PUNCH_HOLE;
import static dev.pando.tests.conformance.Posix.FALLOC_ZERO_RANGE;
import static dev.pando.tests.conformance.Posix.O_CREAT;
import static dev.pando.tests.conformance.Posix.O_DIRECT;
import static dev.pando.tests.conformance.Posix.O_RDWR;
import static dev.pando.tests.conformance.Posix.O_TRUNC;
import static dev.pando.tests.conformance.Posix.O_WRONLY;
import static dev.pando.tests.conformance.Volume.JNR_FUSE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** chmod(2), chown(2), and the bits and capabilities that a change takes away. */
final class OwnershipTest extends VolumeTest {
  private static final int USER = 1001;
  private static final int GROUP = 2001;
  private static final int SUPPLEMENTARY = 2002;
  private static final int OTHER = 1002;
  private static final int[] GROUPS = {SUPPLEMENTARY};

  /** VFS_CAP_REVISION_2 with CAP_NET_RAW permitted and effective, as setcap(8) writes it. */
  private static final byte[] CAPABILITY = {
    1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
  };

  OwnershipTest(Volume volume) {
    super(volume);
  }

  private void makeOwn(String name, int mode) {
    make(name, "text");
    Posix.chown(at(name), USER, GROUP);
    Posix.chmod(at(name), mode);
  }

  /** Asked for alone: the kernel tells what it remembers, if it believes that. */
  private int mode(String name) {
    return Posix.permissions(at(name));
  }

  @Test
  void onlyTheOwnerAndRootChangeAMode() {
    makeOwn("file", 0666);
    Posix.as(OTHER, GROUP, GROUPS, () -> refused(EPERM, () -> Posix.chmod(at("file"), 0777)));
    Posix.as(USER, GROUP, GROUPS, () -> Posix.chmod(at("file"), 0640));
    assertEquals(0640, mode("file"));
    Posix.chmod(at("file"), 07777);
    assertEquals(07777, mode("file"));
    Posix.mkdir(at("d"), 0755);
    Posix.chmod(at("d"), 07000);
    assertEquals(07000, mode("d"));
  }

  @Test
  void onlyRootGivesAFileAway() {
    makeOwn("file", 0644);
    Posix.as(
        USER,
        GROUP,
        GROUPS,
        () -> {
          refused(EPERM, () -> Posix.chown(at("file"), OTHER, -1));
          refused(EPERM, () -> Posix.chown(at("file"), 0, -1));
          Posix.chown(at("file"), USER, -1);
        });
    Posix.chown(at("file"), OTHER, SUPPLEMENTARY);
    assertEquals(OTHER, Posix.stat(at("file")).uid());
    assertEquals(SUPPLEMENTARY, Posix.stat(at("file")).gid());
  }

  @Test
  void theOwnerGivesAFileToAGroupHeIsIn() {
    makeOwn("file", 0644);
    Posix.as(
        USER,
        GROUP,
        GROUPS,
        () -> {
          Posix.chown(at("file"), -1, SUPPLEMENTARY);
          refused(EPERM, () -> Posix.chown(at("file"), -1, 2003));
        });
    assertEquals(SUPPLEMENTARY, Posix.stat(at("file")).gid());
    Posix.as(
        OTHER,
        GROUP,
        GROUPS,
        () -> refused(EPERM, () -> Posix.chown(at("file"), -1, SUPPLEMENTARY)));
  }

  @Test
  void aLinkHasAnOwnerOfItsOwn() {
    make("file", "text");
    Posix.symlink(Posix.bytes("file"), at("link"));
    Posix.lchown(at("link"), USER, GROUP);
    assertEquals(USER, Posix.lstat(at("link")).uid());
    assertEquals(0, Posix.stat(at("link")).uid());
    Posix.chown(at("link"), OTHER, -1);
    assertEquals(OTHER, Posix.stat(at("file")).uid());
    assertEquals(USER, Posix.lstat(at("link")).uid());
  }

  @Test
  void aChangeOfOwnerOrGroupTakesThePrivileges() {
    for (String name : new String[] {"file", "disk.img"}) {
      makeOwn(name, 06755);
      Posix.as(USER, GROUP, GROUPS, () -> Posix.chown(at(name), -1, SUPPLEMENTARY));
      assertEquals(0755, mode(name), name);
      Posix.chmod(at(name), 06755);
      Posix.chown(at(name), OTHER, -1);
      assertEquals(0755, mode(name), name);
      // without execution by the group the bit meant mandatory locking
      Posix.chmod(at(name), 06745);
      Posix.chown(at(name), -1, GROUP);
      assertEquals(02745, mode(name), name);
    }
  }

  @Test
  void aChangeOfOwnerTakesThePrivilegesOfWhateverIsNoDirectory() {
    int[] kinds = {Posix.S_IFIFO, Posix.S_IFSOCK, Posix.S_IFCHR, Posix.S_IFBLK, Posix.S_IFREG};
    for (int kind : kinds) {
      String name = "node" + Integer.toOctalString(kind);
      Posix.mknod(at(name), kind | 0644, 0x103);
      Posix.chown(at(name), USER, GROUP);
      Posix.chmod(at(name), 06755);
      Posix.as(USER, GROUP, GROUPS, () -> Posix.chown(at(name), -1, SUPPLEMENTARY));
      assertEquals(0755, mode(name), name);
      Posix.chmod(at(name), 06755);
      Posix.chown(at(name), OTHER, -1);
      assertEquals(0755, mode(name), name);
    }
  }

  @Test
  @NotOn(value = JNR_FUSE, because = "there the kernel takes the bits, and asks for no group")
  void setGroupIdWithoutExecutionStaysForWhoIsInTheGroupAndForNobodyElse() {
    for (String name : new String[] {"file", "disk.img"}) {
      makeOwn(name, 06666);
      Posix.as(OTHER, OTHER, new int[] {GROUP}, () -> Posix.truncate(at(name), 2));
      assertEquals(02666, mode(name), name);
      int fd = Posix.open(at(name), O_RDWR);
      Posix.as(OTHER, OTHER, new int[] {GROUP}, () -> Posix.pwrite(fd, Posix.bytes("t"), 0));
      assertEquals(02666, mode(name), name);
      Posix.as(OTHER, OTHER, GROUPS, () -> Posix.pwrite(fd, Posix.bytes("t"), 0));
      assertEquals(0666, mode(name), name);
      Posix.close(fd);
      Posix.chmod(at(name), 06666);
      Posix.as(OTHER, OTHER, GROUPS, () -> Posix.truncate(at(name), 2));
      assertEquals(0666, mode(name), name);
      Posix.chown(at(name), USER, 0);
      Posix.chmod(at(name), 06666);
      Posix.as(USER, GROUP, GROUPS, () -> Posix.chown(at(name), -1, GROUP));
      assertEquals(0666, mode(name), name);
      Posix.chmod(at(name), 06666);
      Posix.as(USER, GROUP, GROUPS, () -> Posix.chown(at(name), -1, SUPPLEMENTARY));
      assertEquals(02666, mode(name), name);
    }
  }

  @Test
  void aDirectoryThatIsGivenAwayKeepsItsBits() {
    Posix.mkdir(at("d"), 0755);
    Posix.chmod(at("d"), 06755);
    Posix.chown(at("d"), USER, GROUP);
    assertEquals(06755, mode("d"));
  }

  @Test
  void aWriteByAUserTakesThePrivileges() {
    for (String name : new String[] {"file", "disk.img"}) {
      makeOwn(name, 06777);
      Posix.as(
          OTHER,
          OTHER,
          GROUPS,
          () -> {
            int fd = Posix.open(at(name), O_WRONLY);
            assertEquals(06777, mode(name), name);
            Posix.pwrite(fd, Posix.bytes("TEXT"), 0);
            Posix.close(fd);
          });
      assertEquals(0777, mode(name), name);
    }
  }

  @Test
  void aDirectWriteByAUserTakesThePrivileges() {
    for (String name : new String[] {"file", "disk.img"}) {
      makeOwn(name, 06777);
      Posix.as(
          OTHER,
          OTHER,
          GROUPS,
          () -> {
            int fd = Posix.open(at(name), O_WRONLY | O_DIRECT);
            assertEquals(06777, mode(name), name);
            Posix.pwrite(fd, Posix.aligned(4096), 0);
            Posix.close(fd);
          });
      assertEquals(0777, mode(name), name);
    }
  }

  @Test
  void everyWriteByAUserTakesPrivilegesThatWereGivenMeanwhile() {
    for (String name : new String[] {"file", "disk.img"}) {
      makeOwn(name, 0777);
      int fd = Posix.open(at(name), O_RDWR);
      for (int round = 0; round < 3; round++) {
        Posix.chmod(at(name), 06777);
        Posix.as(OTHER, OTHER, GROUPS, () -> Posix.pwrite(fd, Posix.bytes("TEXT"), 0));
        assertEquals(0777, mode(name), name);
      }
      Posix.close(fd);
    }
  }

  @Test
  void aCutByAUserTakesThePrivileges() {
    for (String name : new String[] {"file", "disk.img"}) {
      makeOwn(name, 06777);
      Posix.as(OTHER, OTHER, GROUPS, () -> Posix.truncate(at(name), 2));
      assertEquals(0777, mode(name), name);
      Posix.chmod(at(name), 06777);
      Posix.as(OTHER, OTHER, GROUPS, () -> Posix.close(Posix.open(at(name), O_WRONLY | O_TRUNC)));
      assertEquals(0777, mode(name), name);
      Posix.chmod(at(name), 06777);
      int fd = Posix.open(at(name), O_RDWR);
      Posix.as(OTHER, OTHER, GROUPS, () -> Posix.ftruncate(fd, 10));
      Posix.close(fd);
      assertEquals(0777, mode(name), name);
    }
  }

  @Test
  void anAllocationByAUserTakesThePrivileges() {
    for (String name : new String[] {"file", "disk.img"}) {
      for (int mode : new int[] {0, FALLOC_PUNCH_HOLE | FALLOC_KEEP_SIZE, FALLOC_ZERO_RANGE}) {
        makeOwn(name, 06777);
        Posix.as(
            OTHER,
            OTHER,
            GROUPS,
            () -> {
              int fd = Posix.open(at(name), O_RDWR);
              Posix.fallocate(fd, mode, 0, 8192);
              Posix.close(fd);
            });
        assertEquals(0777, mode(name), name + " " + mode);
        Posix.unlink(at(name));
      }
    }
  }

  @Test
  void aCopyByAUserTakesThePrivileges() {
    make("source", "TEXT");
    makeOwn("file", 06777);
    Posix.as(
        OTHER,
        OTHER,
        GROUPS,
        () -> {
          int in = Posix.open(at("source"), Posix.O_RDONLY);
          int out = Posix.open(at("file"), O_WRONLY);
          assertEquals(4, Posix.copyFileRange(in, 0, out, 0, 4));
          Posix.close(in);
          Posix.close(out);
        });
    assertEquals(0777, mode("file"));
  }

  @Test
  void rootsWritesAndCutsLeaveTheBits() {
    for (String name : new String[] {"file", "disk.img"}) {
      makeOwn(name, 06755);
      int fd = Posix.open(at(name), O_RDWR);
      Posix.pwrite(fd, Posix.bytes("TEXT"), 0);
      Posix.ftruncate(fd, 10);
      Posix.close(fd);
      Posix.close(Posix.open(at(name), O_WRONLY | O_TRUNC));
      assertEquals(06755, mode(name), name);
    }
  }

  @Test
  void aWriteOrAChangeOfOwnerTakesTheCapability() {
    for (String name : new String[] {"file", "disk.img"}) {
      makeOwn(name, 0777);
      Posix.setxattr(at(name), "security.capability", CAPABILITY, 0);
      assertArrayEquals(CAPABILITY, Posix.getxattr(at(name), "security.capability"));
      int fd = Posix.open(at(name), O_WRONLY);
      Posix.pwrite(fd, Posix.bytes("TEXT"), 0);
      Posix.close(fd);
      refused(ENODATA, () -> Posix.getxattr(at(name), "security.capability"));
      Posix.setxattr(at(name), "security.capability", CAPABILITY, 0);
      Posix.chown(at(name), OTHER, -1);
      refused(ENODATA, () -> Posix.getxattr(at(name), "security.capability"));
      Posix.setxattr(at(name), "security.capability", CAPABILITY, 0);
      Posix.truncate(at(name), 1);
      refused(ENODATA, () -> Posix.getxattr(at(name), "security.capability"));
      Posix.setxattr(at(name), "security.capability", CAPABILITY, 0);
      Posix.chmod(at(name), 0755);
      assertArrayEquals(CAPABILITY, Posix.getxattr(at(name), "security.capability"));
    }
  }

  @Test
  void aSetGroupIdDirectoryHandsItsGroupDown() {
    Posix.mkdir(at("d"), 0755);
    Posix.chown(at("d"), 0, GROUP);
    Posix.chmod(at("d"), 02777);
    Posix.as(
        OTHER,
        OTHER,
        new int[0],
        () -> {
          Posix.close(Posix.open(at("d/file"), O_CREAT | O_WRONLY, 0644));
          Posix.mkdir(at("d/sub"), 0755);
          Posix.mkdir(at("d/sub/below"), 0755);
          Posix.symlink(Posix.bytes("x"), at("d/link"));
          Posix.mknod(at("d/fifo"), Posix.S_IFIFO | 0644, 0);
        });
    for (String name : new String[] {"file", "sub", "sub/below", "link", "fifo"}) {
      assertEquals(GROUP, Posix.lstat(at("d/" + name)).gid(), name);
    }
    assertEquals(0644, mode("d/file"));
    assertEquals(02755, mode("d/sub"));
    assertEquals(02755, mode("d/sub/below"));
  }

  @Test
  void whoIsNotInTheGroupGetsNoSetGroupIdFile() {
    Posix.mkdir(at("d"), 0755);
    Posix.chown(at("d"), 0, GROUP);
    Posix.chmod(at("d"), 02777);
    Posix.as(
        OTHER,
        OTHER,
        new int[0],
        () -> {
          Posix.close(Posix.open(at("d/made"), O_CREAT | O_WRONLY, 02755));
          Posix.close(Posix.open(at("d/changed"), O_CREAT | O_WRONLY, 0755));
          Posix.chmod(at("d/changed"), 02755);
        });
    assertEquals(0755, mode("d/made"));
    assertEquals(0755, mode("d/changed"));
    Posix.as(
        OTHER,
        OTHER,
        new int[] {GROUP},
        () -> {
          Posix.close(Posix.open(at("d/member"), O_CREAT | O_WRONLY, 02755));
          Posix.chmod(at("d/changed"), 02755);
        });
    assertEquals(02755, mode("d/member"));
    assertEquals(02755, mode("d/changed"));
  }

  @Test
  void anOpenFileIsChangedByItsDescriptor() {
    make("file", "text");
    int fd = Posix.open(at("file"), O_RDWR);
    Posix.rename(at("file"), at("renamed"));
    Posix.fchmod(fd, 0604);
    Posix.fchown(fd, USER, GROUP);
    Posix.close(fd);
    assertEquals(0604, mode("renamed"));
    assertEquals(USER, Posix.stat(at("renamed")).uid());
  }
}
