package dev.pando.daemon.fuse.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.daemon.fuse.Eventually;
import dev.pando.daemon.fuse.LiveMount;
import dev.pando.testing.Patience;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What programs do with names and attributes, on a real mount. */
@Timeout(Patience.HANG_SECONDS)
class NamespaceTest {
  private LiveMount live;

  @BeforeEach
  void mount() throws Exception {
    live = LiveMount.cached();
  }

  @AfterEach
  void unmount() throws Exception {
    live.close();
  }

  @Test
  void aFileThatWasWrittenReadsBack() throws Exception {
    Files.writeString(live.path("a.vmx"), "memsize = \"512\"\n");
    assertEquals("memsize = \"512\"\n", Files.readString(live.path("a.vmx")));
    assertEquals("memsize = \"512\"", live.shell("cat a.vmx"));
    assertEquals(16, Files.size(live.path("a.vmx")));
  }

  @Test
  void aNameThatIsNotThereIsNotFound() {
    assertThrows(NoSuchFileException.class, () -> Files.size(live.path("none")));
  }

  @Test
  void directoriesAreMadeAndRemoved() throws Exception {
    Path directory = Files.createDirectory(live.path("course"));
    Files.createFile(directory.resolve("s01"));
    assertThrows(FileAlreadyExistsException.class, () -> Files.createDirectory(directory));
    assertThrows(DirectoryNotEmptyException.class, () -> Files.delete(directory));
    Files.delete(directory.resolve("s01"));
    Files.delete(directory);
    assertFalse(Files.exists(directory));
  }

  @Test
  void tenThousandNamesAreEachListedOnce() throws Exception {
    Path directory = Files.createDirectory(live.path("many"));
    Set<String> names = new HashSet<>();
    for (int index = 0; index < 10_000; index++) {
      String name = "clone-" + index + "-with-a-name-of-some-length";
      names.add(name);
      Files.createFile(directory.resolve(name));
    }
    List<String> listed = live.shell("ls -f many").lines().toList();
    assertEquals(10_002, listed.size(), "with . and ..");
    assertTrue(listed.containsAll(names));
    // ls -l asks for attributes, so that the kernel turns to READDIRPLUS
    assertEquals("10000", live.shell("ls -l many | grep -c ^-rw"));
    assertTrue(live.probe.counted("readdirplus") > 0);
  }

  @Test
  void aDirectoryCanBeRemovedWhileItIsListed() throws Exception {
    live.shell("mkdir tree && cd tree && for i in $(seq 2000); do : > file-$i; done");
    live.shell("rm -r tree");
    assertFalse(Files.exists(live.path("tree")));
  }

  @Test
  void aRenameReplacesMovesAndSwaps() throws Exception {
    Files.writeString(live.path("old"), "new content");
    Files.writeString(live.path("f"), "old content");
    live.shell("mv old f");
    assertEquals("new content", Files.readString(live.path("f")));
    assertFalse(Files.exists(live.path("old")));
    Files.createDirectory(live.path("d"));
    live.shell("mv f d/g && test -f d/g && ! test -e f");
    Files.writeString(live.path("h"), "h");
    // mv -n asks for RENAME_NOREPLACE
    live.shell("mv -n h d/g || true");
    assertEquals("new content", Files.readString(live.path("d/g")));
    assertEquals("h", Files.readString(live.path("h")));
  }

  @Test
  void linksOfBothKindsWork() throws Exception {
    Files.writeString(live.path("disk"), "x");
    Files.createLink(live.path("also"), live.path("disk"));
    assertEquals(2, Files.getAttribute(live.path("disk"), "unix:nlink"));
    Files.delete(live.path("disk"));
    assertEquals("x", Files.readString(live.path("also")));
    assertEquals(1, Files.getAttribute(live.path("also"), "unix:nlink"));
    Files.createSymbolicLink(live.path("link"), Path.of("also"));
    assertEquals(Path.of("also"), Files.readSymbolicLink(live.path("link")));
    assertEquals("x", Files.readString(live.path("link")));
  }

  @Test
  void specialFilesKeepTheirTypes() throws Exception {
    live.shell("mkfifo pipe && mknod device b 8 17 && test -p pipe");
    // nodev forbids their use, not their being
    assertEquals("8,11", live.shell("stat -c %t,%T device"));
    assertEquals("8,11", live.shell("stat -c %t,%T device"));
  }

  @Test
  void attributesAreSetAndReadBack() throws Exception {
    Path file = Files.writeString(live.path("f"), "12345678");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
    live.shell("touch -d @-1.5 f && chown 7:8 f");
    assertEquals("640 7 8", live.shell("stat -c '%a %u %g' f"));
    assertEquals(FileTime.fromMillis(-1_500), Files.getLastModifiedTime(file));
    live.shell("truncate -s 3 f");
    assertEquals("123", Files.readString(file));
  }

  @Test
  void theTimeOfBirthIsKnown() throws Exception {
    Files.createFile(live.path("f"));
    // stat(1) asks by statx(2) with STATX_BTIME
    assertTrue(Long.parseLong(live.shell("stat -c %W f")) > 1_000_000_000L);
  }

  @Test
  void extendedAttributesAreSetListedAndRemoved() throws Exception {
    Path file = Files.createFile(live.path("f"));
    UserDefinedFileAttributeView view =
        Files.getFileAttributeView(file, UserDefinedFileAttributeView.class);
    byte[] value = "some value".getBytes(StandardCharsets.UTF_8);
    assertEquals(value.length, view.write("pando.test", ByteBuffer.wrap(value)));
    assertEquals(List.of("pando.test"), view.list());
    ByteBuffer read = ByteBuffer.allocate(100);
    assertEquals(value.length, view.read("pando.test", read));
    byte[] readBytes = new byte[value.length];
    read.flip().get(readBytes);
    assertArrayEquals(value, readBytes);
    assertThrows(FileSystemException.class, () -> view.read("pando.test", ByteBuffer.allocate(3)));
    view.delete("pando.test");
    assertEquals(List.of(), view.list());
    assertThrows(FileSystemException.class, () -> view.size("pando.test"));
  }

  @Test
  void theFiguresOfTheFileSystemAreToldToDf() throws Exception {
    assertEquals("4096 1000 600 500 100 90", live.shell("stat -f -c '%S %b %f %a %c %d' ."));
  }

  @Test
  void anOpenFileWithoutANameLivesOn() throws Exception {
    live.shell("exec 3<>f; rm f; echo still here >&3; test $(stat -L -c %s /proc/self/fd/3) = 11");
    Eventually.await("the last close", () -> live.probe.openFiles() == 0);
  }

  @Test
  void aLongNameIsRefusedAsTooLong() {
    assertThrows(FileSystemException.class, () -> Files.createFile(live.path("n".repeat(300))));
  }

  @Test
  void twoUsersAreToldApartByPermissions() throws Exception {
    Files.writeString(live.path("secret"), "x");
    Files.setPosixFilePermissions(
        live.path("secret"), PosixFilePermissions.fromString("rw-------"));
    // nobody's shell must reach the mount at all: allow_other
    live.shell("chmod 755 . && su -s /bin/sh nobody -c 'ls > /dev/null && ! cat secret 2>&1'");
    try (Stream<Path> listed = Files.list(live.root)) {
      assertEquals(1, listed.count());
    }
  }
}
