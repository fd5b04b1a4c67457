package dev.pando.tests;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * What the kernel has cached never contradicts what a command has done: when the command is back,
 * every process sees the truth, whatever it had looked at, opened, mapped or gone into before.
 */
class InvalidationTest {
  private static MountedStore store;

  @BeforeAll
  static void mount() throws Exception {
    store = MountedStore.mounted();
    store.template("base", 2);
  }

  @AfterAll
  static void umount() throws Exception {
    store.close();
  }

  private static List<String> names(Path directory) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
    }
  }

  private static int links(Path path) throws IOException {
    return (Integer) Files.getAttribute(path, "unix:nlink");
  }

  /** Has the kernel remember that a name is not there. */
  private static void lookInVain(Path path) {
    assertFalse(Files.exists(path));
    assertFalse(Files.exists(path));
  }

  // ---- names that come

  @Test
  void aCloneIsThereForWhoLookedForItInVain() throws Exception {
    for (String name : List.of("came1", "came2", "came3")) {
      lookInVain(store.at(name));
      lookInVain(store.at(name + "/" + name + ".vmx"));
      List<String> before = names(store.mountpoint());
      int links = links(store.mountpoint());
      store.pando("clone", "base", name).succeeded();
      assertTrue(Files.exists(store.at(name)));
      assertEquals(before.size() + 1, names(store.mountpoint()).size());
      assertEquals(links + 1, links(store.mountpoint()));
      Path configuration = store.at(name + "/" + name + ".vmx");
      assertEquals(Files.readAllBytes(configuration).length, Files.size(configuration));
      assertTrue(Files.readString(configuration).contains("displayName = \"" + name + "\""));
      store.pando("remove", name).succeeded();
      assertFalse(Files.exists(configuration));
      assertEquals(links, links(store.mountpoint()));
    }
  }

  @Test
  void directoriesMadeOnTheWayToACloneAreThereToo() throws Exception {
    lookInVain(store.at("course"));
    lookInVain(store.at("course/s01"));
    store.pando("clone", "base", "course/s01").succeeded();
    assertEquals(List.of("s01"), names(store.at("course")));
    lookInVain(store.at("course/s02"));
    assertEquals(3, links(store.at("course")));
    store.pando("clone", "base", "course/s02").succeeded();
    assertTrue(Files.exists(store.at("course/s02/s02.vmx")));
    assertEquals(4, links(store.at("course")));
    store.pando("remove", "course/s01", "course/s02").succeeded();
    assertEquals(2, links(store.at("course")));
    Files.delete(store.at("course"));
  }

  @Test
  void anImportedVmIsThereWithItsSizesModesAndTimes() throws Exception {
    TinyVm vm = TinyVm.in(store.work().resolve("host/imported"), 1);
    Program.shell("chmod 640 \"$1\"; touch -d 2020-01-01 \"$1\"", vm.disk()).run().succeeded();
    lookInVain(store.at("imported"));
    lookInVain(store.at("imported/imported-flat.vmdk"));
    store.pando("import", vm.directory().toString()).succeeded();
    for (String attribute : List.of("size", "unix:mode", "lastModifiedTime")) {
      assertEquals(
          Files.getAttribute(vm.disk(), attribute),
          Files.getAttribute(store.at("imported/imported-flat.vmdk"), attribute));
    }
    store.pando("remove", "imported").succeeded();
  }

  // ---- names that go

  @Test
  void aRemovedVmIsGoneForEveryoneAndLivesOnForWhoHasItOpen() throws Exception {
    store.pando("clone", "base", "gone").succeeded();
    Path text = store.at("gone/gone.vmx");
    byte[] before = Files.readAllBytes(text);
    try (FileChannel open = FileChannel.open(text, StandardOpenOption.READ);
        Shell inside = Shell.in(store.at("gone"))) {
      MappedByteBuffer mapped = open.map(MapMode.READ_ONLY, 0, before.length);
      assertEquals("1", inside.ask("exec 5<gone.vmx; stat -Lc %h /proc/self/fd/5"));
      assertEquals(names(store.at("gone")), List.of(inside.ask("echo $(ls)").split(" ")));
      store.pando("remove", "gone").succeeded();
      assertFalse(Files.exists(text));
      assertFalse(names(store.mountpoint()).contains("gone"));
      assertEquals("", inside.ask("echo $(ls)"));
      assertEquals("no", inside.ask("[ -e gone.vmx ] && echo yes || echo no"));
      assertEquals("no", inside.ask("[ -e gone-flat.vmdk ] && echo yes || echo no"));
      assertEquals("0", inside.ask("stat -c %h ."));
      assertEquals("0", inside.ask("stat -Lc %h /proc/self/fd/5"));
      assertEquals("refused", inside.ask("{ : >new; } 2>/dev/null || echo refused"));
      ByteBuffer content = ByteBuffer.allocate(before.length);
      assertEquals(before.length, open.read(content, 0));
      assertArrayEquals(before, content.array());
      mapped.get(content.clear().array());
      assertArrayEquals(before, content.array());
    }
  }

  @Test
  void aNameThatIsGivenAgainMeansTheNewVm() throws Exception {
    store.pando("clone", "base", "again").succeeded();
    String first = Files.readString(store.at("again/again.vmx"));
    try (Shell inside = Shell.in(store.at("again"))) {
      assertEquals("yes", inside.ask("[ -e again.vmx ] && echo yes"));
      store.pando("remove", "again").succeeded();
      store.pando("clone", "base", "again").succeeded();
      assertNotEquals(first, Files.readString(store.at("again/again.vmx")));
      assertEquals("no", inside.ask("[ -e again.vmx ] && echo yes || echo no"));
      assertEquals("yes", inside.ask("cd ../again && [ -e again.vmx ] && echo yes"));
    }
    store.pando("remove", "again").succeeded();
  }

  // ---- what templates allow

  @Test
  void freezingAndThawingHoldAtOnceForWhoHasFilesOpen() throws Exception {
    store.pando("clone", "base", "t").succeeded();
    Path text = store.at("t/t.vmsd");
    for (int round = 0; round < 3; round++) {
      String content = "round " + round;
      Files.writeString(text, content);
      try (FileChannel reader = FileChannel.open(text, StandardOpenOption.READ)) {
        MappedByteBuffer mapped = reader.map(MapMode.READ_ONLY, 0, content.length());
        store.pando("freeze", "t").succeeded();
        assertThrows(FileSystemException.class, () -> Files.writeString(text, "refused"));
        assertThrows(FileSystemException.class, () -> Files.createFile(store.at("t/new")));
        assertEquals(content, Files.readString(text));
        assertEquals(content, UTF_8.decode(mapped).toString());
        store.pando("thaw", "t").succeeded();
        String changed = "ROUND " + round;
        try (FileChannel writer = FileChannel.open(text, StandardOpenOption.WRITE)) {
          writer.write(ByteBuffer.wrap(changed.getBytes(UTF_8)), 0);
        }
        assertEquals(changed, UTF_8.decode(mapped.rewind()).toString());
        ByteBuffer read = ByteBuffer.allocate(changed.length());
        reader.read(read, 0);
        assertEquals(changed, new String(read.array(), UTF_8));
      }
    }
    store.pando("remove", "t").succeeded();
  }

  // ---- data that the kernel holds back

  @Test
  void aCloneHasWhatItsSourceHasInDirtyMappedPages() throws Exception {
    store.pando("clone", "base", "dirty").succeeded();
    for (String file : List.of(".nvram", "-flat.vmdk")) {
      try (FileChannel channel =
          FileChannel.open(
              store.at("dirty/dirty" + file), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
        channel.map(MapMode.READ_WRITE, 0, 4096).put(0, "dirty".getBytes(UTF_8));
        store.pando("clone", "dirty", "copy").succeeded();
        byte[] head = new byte[5];
        try (var copy = Files.newInputStream(store.at("copy/copy" + file))) {
          assertEquals(5, copy.read(head));
        }
        assertEquals("dirty", new String(head, UTF_8), file);
        store.pando("remove", "copy").succeeded();
      }
    }
    store.pando("remove", "dirty", "--force").succeeded();
  }
}
