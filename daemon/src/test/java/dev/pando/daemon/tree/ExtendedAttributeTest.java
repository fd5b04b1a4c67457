package dev.pando.daemon.tree;

import static dev.pando.daemon.tree.TreeBench.assertErrno;
import static dev.pando.daemon.tree.TreeBench.bytes;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExtendedAttributeTest {
  private static final int CREATE = 1;
  private static final int REPLACE = 2;

  private TreeBench bench;
  private long file;

  @BeforeEach
  void open(@TempDir Path directory) throws Exception {
    bench = new TreeBench(directory);
    bench.write("f", "");
    file = bench.node("f");
  }

  @AfterEach
  void close() throws Exception {
    bench.close();
  }

  private void set(String name, String value, int flags) throws ErrnoException {
    bench.tree().setExtendedAttribute(file, bytes(name), bytes(value), flags);
  }

  private byte[] get(String name) throws ErrnoException {
    return bench.tree().extendedAttribute(file, bytes(name));
  }

  @Test
  void valuesAreKeptReplacedAndRemoved() throws Exception {
    set("user.a", "one", 0);
    set("user.b", "", CREATE);
    set("user.a", "two", REPLACE);
    bench.reopen();
    assertArrayEquals(bytes("two"), get("user.a"));
    assertArrayEquals(bytes(""), get("user.b"));
    assertArrayEquals(bytes("user.a\0user.b\0"), bench.tree().extendedAttributeNames(file));
    bench.tree().removeExtendedAttribute(file, bytes("user.a"));
    assertErrno(Errno.ENODATA, () -> get("user.a"));
  }

  @Test
  void flagsAreObeyed() throws Exception {
    set("user.a", "one", CREATE);
    assertErrno(Errno.EEXIST, () -> set("user.a", "two", CREATE));
    assertErrno(Errno.ENODATA, () -> set("user.b", "two", REPLACE));
    assertErrno(Errno.EINVAL, () -> set("user.b", "two", 4));
    assertErrno(Errno.ENODATA, () -> bench.tree().removeExtendedAttribute(file, bytes("user.b")));
    assertArrayEquals(bytes("one"), get("user.a"));
  }

  @Test
  void onlyThreeNamespacesExist() throws Exception {
    set("trusted.t", "t", 0);
    set("security.s", "s", 0);
    assertErrno(Errno.EOPNOTSUPP, () -> set("system.posix_acl_access", "x", 0));
    assertErrno(Errno.EOPNOTSUPP, () -> get("system.posix_acl_access"));
    assertErrno(Errno.EOPNOTSUPP, () -> set("other.x", "x", 0));
    assertErrno(Errno.EINVAL, () -> set("user.", "x", 0));
  }

  @Test
  void limitsAreLinuxs() throws Exception {
    String longest = "user." + "n".repeat(250);
    set(longest, "v".repeat(65536), 0);
    assertEquals(65536, get(longest).length);
    assertErrno(Errno.ERANGE, () -> set(longest + "n", "v", 0));
    assertErrno(Errno.E2BIG, () -> set("user.big", "v".repeat(65537), 0));
    for (int i = 0; i < 255; i++) {
      set("user.%03d%s".formatted(i, "x".repeat(247)), "v", 0);
    }
    assertErrno(Errno.ENOSPC, () -> set("user.oneTooMany" + "x".repeat(240), "v", 0));
  }
}
