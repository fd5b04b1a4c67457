package dev.pando.tests.conformance;

import static dev.pando.daemon.tree.Errno.E2BIG;
import static dev.pando.daemon.tree.Errno.EACCES;
import static dev.pando.daemon.tree.Errno.EEXIST;
import static dev.pando.daemon.tree.Errno.EINVAL;
import static dev.pando.daemon.tree.Errno.ENODATA;
import static dev.pando.daemon.tree.Errno.ENOSPC;
import static dev.pando.daemon.tree.Errno.EOPNOTSUPP;
import static dev.pando.daemon.tree.Errno.EPERM;
import static dev.pando.daemon.tree.Errno.ERANGE;
import static dev.pando.tests.conformance.Posix.XATTR_CREATE;
import static dev.pando.tests.conformance.Posix.XATTR_REPLACE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Extended attributes: xattr(7). */
final class ExtendedAttributeTest extends VolumeTest {
  private static final int USER = 1234;

  /** XATTR_SIZE_MAX of linux/limits.h. */
  private static final int MOST_BYTES = 65_536;

  private static final byte[] VALUE = Posix.bytes("value");

  ExtendedAttributeTest(Volume volume) {
    super(volume);
  }

  private void set(String name, String value) {
    Posix.setxattr(at("file"), name, Posix.bytes(value), 0);
  }

  private byte[] get(String name) {
    return Posix.getxattr(at("file"), name);
  }

  private List<String> names(String file) {
    return Posix.listxattr(at(file)).stream().sorted().toList();
  }

  @Test
  void whatIsSetIsThereUntilItIsRemoved() {
    make("file", "text");
    set("user.a", "1");
    set("user.b", "2");
    set("user.a", "one");
    assertArrayEquals(Posix.bytes("one"), get("user.a"));
    assertEquals(List.of("user.a", "user.b"), names("file"));
    Posix.removexattr(at("file"), "user.a");
    refused(ENODATA, () -> get("user.a"));
    refused(ENODATA, () -> Posix.removexattr(at("file"), "user.a"));
    assertEquals(List.of("user.b"), names("file"));
  }

  @Test
  void creationAndReplacementAreHeldToTheirWord() {
    make("file", "text");
    refused(ENODATA, () -> Posix.setxattr(at("file"), "user.a", VALUE, XATTR_REPLACE));
    Posix.setxattr(at("file"), "user.a", VALUE, XATTR_CREATE);
    refused(EEXIST, () -> Posix.setxattr(at("file"), "user.a", VALUE, XATTR_CREATE));
    Posix.setxattr(at("file"), "user.a", new byte[0], XATTR_REPLACE);
    assertEquals(0, get("user.a").length);
    refused(EINVAL, () -> Posix.setxattr(at("file"), "user.a", VALUE, 4));
  }

  @Test
  void aBufferThatIsTooSmallIsToldAndNoBufferAsksForTheLength() {
    make("file", "text");
    set("user.a", "value");
    assertEquals(5, Posix.getxattrLength(at("file"), "user.a", 0));
    assertEquals(5, Posix.getxattrLength(at("file"), "user.a", 5));
    refused(ERANGE, () -> Posix.getxattrLength(at("file"), "user.a", 4));
    assertEquals(7, Posix.listxattrLength(at("file"), 0));
    assertEquals(7, Posix.listxattrLength(at("file"), 7));
    refused(ERANGE, () -> Posix.listxattrLength(at("file"), 6));
  }

  @Test
  void aValueIsAnyBytesAndMayBeEmpty() {
    make("file", "text");
    byte[] all = new byte[256];
    for (int b = 0; b < all.length; b++) {
      all[b] = (byte) b;
    }
    Posix.setxattr(at("file"), "user.binary", all, 0);
    Posix.setxattr(at("file"), "user.empty", new byte[0], 0);
    assertArrayEquals(all, get("user.binary"));
    assertEquals(0, get("user.empty").length);
    assertEquals(0, Posix.getxattrLength(at("file"), "user.empty", 0));
  }

  @Test
  void aNameHasUpTo255Bytes() {
    make("file", "text");
    String longest = "user." + "n".repeat(250);
    set(longest, "value");
    assertArrayEquals(VALUE, get(longest));
    assertEquals(List.of(longest), names("file"));
    refused(ERANGE, () -> set(longest + "n", "value"));
    refused(ERANGE, () -> get(longest + "n"));
    refused(ERANGE, () -> set("", "value"));
    refused(EINVAL, () -> set("user.", "value"));
  }

  @Test
  void aValueHasUpTo64KiB() {
    make("file", "text");
    byte[] largest = new byte[MOST_BYTES];
    new Random(1).nextBytes(largest);
    if (volume().isPando()) {
      Posix.setxattr(at("file"), "user.large", largest, 0);
      assertArrayEquals(largest, get("user.large"));
    } else {
      // without the feature ea_inode all attributes share a block
      refused(ENOSPC, () -> Posix.setxattr(at("file"), "user.large", largest, 0));
    }
    refused(E2BIG, () -> Posix.setxattr(at("file"), "user.x", new byte[MOST_BYTES + 1], 0));
  }

  @Test
  void allOfManyAttributesAreTold() {
    make("file", "text");
    int count = volume().isPando() ? 1000 : 50;
    List<String> expected = new ArrayList<>();
    for (int attribute = 0; attribute < count; attribute++) {
      String name = "user.attribute" + (10_000 + attribute);
      set(name, "value " + attribute);
      expected.add(name);
    }
    assertEquals(expected, names("file"));
    assertArrayEquals(Posix.bytes("value 49"), get("user.attribute10049"));
  }

  @Test
  void noMoreNamesAreTakenThanAListCanTell() {
    make("file", "text");
    PosixException refusal = null;
    int set = 0;
    while (refusal == null) {
      try {
        set("user." + "n".repeat(240) + (10_000 + set), "");
        set++;
      } catch (PosixException e) {
        refusal = e;
      }
    }
    assertEquals(ENOSPC, refusal.errno());
    assertEquals(set, names("file").size());
  }

  @Test
  void usersSeeNothingOfTrustedAttributes() {
    make("file", "text");
    Posix.chmod(at("file"), 0666);
    Posix.chown(at("file"), USER, USER);
    set("trusted.secret", "value");
    set("user.plain", "value");
    assertArrayEquals(VALUE, get("trusted.secret"));
    assertEquals(List.of("trusted.secret", "user.plain"), names("file"));
    Posix.as(
        USER,
        USER,
        new int[0],
        () -> {
          assertEquals(List.of("user.plain"), names("file"));
          assertEquals("user.plain".length() + 1, Posix.listxattrLength(at("file"), 0));
          refused(ENODATA, () -> get("trusted.secret"));
          refused(EPERM, () -> set("trusted.secret", "other"));
          refused(EPERM, () -> Posix.removexattr(at("file"), "trusted.secret"));
        });
  }

  @Test
  void usersReadButDoNotSetSecurityAttributes() {
    make("file", "text");
    Posix.chown(at("file"), USER, USER);
    set("security.pando", "value");
    Posix.as(
        USER,
        USER,
        new int[0],
        () -> {
          assertArrayEquals(VALUE, get("security.pando"));
          refused(EPERM, () -> set("security.pando", "other"));
        });
    assertArrayEquals(VALUE, get("security.pando"));
  }

  @Test
  void userAttributesGoByTheBitsOfTheFile() {
    make("file", "text");
    Posix.chmod(at("file"), 0600);
    set("user.a", "value");
    Posix.as(
        USER,
        USER,
        new int[0],
        () -> {
          refused(EACCES, () -> get("user.a"));
          refused(EACCES, () -> set("user.a", "other"));
          assertEquals(List.of("user.a"), names("file"));
        });
    Posix.chmod(at("file"), 0644);
    Posix.as(
        USER,
        USER,
        new int[0],
        () -> {
          assertArrayEquals(VALUE, get("user.a"));
          refused(EACCES, () -> set("user.a", "other"));
        });
  }

  @Test
  void onlyFilesAndDirectoriesHaveUserAttributes() {
    Posix.symlink(Posix.bytes("none"), at("symlink"));
    Posix.mknod(at("fifo"), Posix.S_IFIFO | 0644, 0);
    Posix.mknod(at("device"), Posix.S_IFCHR | 0644, 0x103);
    for (String name : List.of("symlink", "fifo", "device")) {
      refused(EPERM, () -> Posix.setxattr(at(name), "user.a", VALUE, 0));
      refused(ENODATA, () -> Posix.getxattr(at(name), "user.a"));
      Posix.setxattr(at(name), "trusted.a", VALUE, 0);
      assertArrayEquals(VALUE, Posix.getxattr(at(name), "trusted.a"));
      assertEquals(List.of("trusted.a"), names(name));
    }
    Posix.mkdir(at("directory"), 0755);
    Posix.setxattr(at("directory"), "user.a", VALUE, 0);
    assertArrayEquals(VALUE, Posix.getxattr(at("directory"), "user.a"));
  }

  @Test
  void aUserSetsNoAttributeOnAStickyDirectoryOfAnothers() {
    Posix.mkdir(at("sticky"), 0777);
    Posix.chmod(at("sticky"), 01777);
    Posix.as(
        USER,
        USER,
        new int[0],
        () -> refused(EPERM, () -> Posix.setxattr(at("sticky"), "user.a", VALUE, 0)));
  }

  @Test
  void otherNamespacesAreNotThere() {
    make("file", "text");
    for (String name : List.of("other.a", "user", "nothing", "system.pando")) {
      refused(EOPNOTSUPP, () -> set(name, "value"));
      refused(EOPNOTSUPP, () -> get(name));
    }
  }

  @Test
  void thereAreNoAccessControlLists() {
    make("file", "text");
    Posix.mkdir(at("directory"), 0755);
    // version 2, then user::rw-, group::r--, other::r--
    byte[] list = {
      2, 0, 0, 0, 1, 0, 6, 0, -1, -1, -1, -1, 4, 0, 4, 0, -1, -1, -1, -1, 0x20, 0, 4, 0, -1, -1, -1,
      -1
    };
    if (volume().isPando()) {
      refused(EOPNOTSUPP, () -> Posix.setxattr(at("file"), "system.posix_acl_access", list, 0));
      refused(EOPNOTSUPP, () -> Posix.getxattr(at("file"), "system.posix_acl_access"));
      refused(
          EOPNOTSUPP, () -> Posix.setxattr(at("directory"), "system.posix_acl_default", list, 0));
    } else {
      Posix.setxattr(at("file"), "system.posix_acl_access", list, 0);
      Posix.setxattr(at("directory"), "system.posix_acl_default", list, 0);
    }
  }

  @Test
  void attributesFollowTheFileAndEndWithIt() {
    make("file", "text");
    set("user.a", "value");
    Posix.link(at("file"), at("link"));
    Posix.rename(at("file"), at("renamed"));
    assertArrayEquals(VALUE, Posix.getxattr(at("link"), "user.a"));
    Posix.unlink(at("renamed"));
    Posix.unlink(at("link"));
    make("file", "text");
    assertEquals(List.of(), names("file"));
  }
}
