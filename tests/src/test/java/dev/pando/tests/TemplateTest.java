package dev.pando.tests;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.pando.testing.Patience;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;

/** Templates, their generations and their families, through the command line and the mount. */
class TemplateTest {
  private static final int DISK_MEBIBYTES = 4;

  private static void write(Path disk, String text) throws Exception {
    Program.shell(
            "printf %s \"$2\" | dd of=\"$1\" bs=4K seek=3 conv=notrunc,fsync status=none",
            disk, text)
        .run()
        .succeeded();
  }

  private static boolean holds(Path disk, String text) throws Exception {
    return Program.shell("grep -q -a -F \"$2\" \"$1\"", disk, text).run().exitCode() == 0;
  }

  private static long stored(MountedStore store) throws IOException {
    return store.json("space").path("storedBytes").asLong();
  }

  /** Waits for it, and fails if it does not come. */
  private static void await(String what, Callable<Boolean> condition) throws Exception {
    Patience.await(what, condition::call);
  }

  private static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(element -> texts.add(element.asText()));
    return texts;
  }

  @Test
  void clonesStayOnTheGenerationTheyCameFromAndOlderOnesCanStillBeCloned() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      store.template("base", DISK_MEBIBYTES);
      store.pando("clone", "base", "first").succeeded();
      store.pando("thaw", "base").succeeded();
      write(store.at("base/base-flat.vmdk"), "release two");
      store.pando("clone", "base@1", "again").succeeded();
      assertEquals("base@2\n", store.pando("freeze", "base").succeeded().out());
      store.pando("clone", "base", "second").succeeded();
      store.umount();
      store.mount();
      store.pando("clone", store.at("base@1").toString(), "late").succeeded();
      for (String old : List.of("first", "again", "late")) {
        assertFalse(holds(store.at(old + "/" + old + "-flat.vmdk"), "release two"), old);
        assertEquals(1, store.json("show", old).path("parent").path("generation").asInt(), old);
      }
      assertTrue(holds(store.at("second/second-flat.vmdk"), "release two"));
      assertEquals(
          1,
          store.json("show", "base").path("earlierGenerations").path(0).path("generation").asInt());
      String refusal = store.pando("clone", "base@7", "none").refusedWith(4);
      assertTrue(refusal.contains("no generation 7"), refusal);
    }
  }

  @Test
  void aParentWithClonesGoesOnlyKnowinglyAndTheClonesLiveOn() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      store.template("base", DISK_MEBIBYTES);
      store.pando("clone", "base", "s", "--count", "7").succeeded();
      String refusal = store.pando("remove", "base").refusedWith(3);
      assertTrue(refusal.contains("s01, s02, s03, s04, s05 and 2 more"), refusal);
      assertTrue(refusal.contains("--force"), refusal);
      store.pando("remove", "base", "--force").succeeded();
      Program.shell("rm -r \"$1\"/s02", store.mountpoint()).run().succeeded();
      store.pando("clone", "s01", "t").succeeded();
      assertEquals(List.of("s01", "s03", "s04", "s05", "s06", "s07", "t"), store.names());
      String tree = store.pando("tree").succeeded().out();
      assertTrue(tree.startsWith("base (removed)"), tree);
      assertTrue(tree.contains("├─ s01") && tree.contains("│  └─ t"), tree);
    }
  }

  @Test
  void aGroupIsMadeAndRemovedByTheSameNames() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      store.template("base", DISK_MEBIBYTES);
      Path course = store.work().resolve("course.txt");
      Files.writeString(course, "course/anna\ncourse/ben\n# nobody\n\ncourse/cleo\n", UTF_8);
      store.pando("clone", "base", "--names-from", course.toString()).succeeded();
      assertEquals(List.of("base", "course/anna", "course/ben", "course/cleo"), store.names());
      store.pando("remove", "--names-from", course.toString()).succeeded();
      store.pando("clone", "base", "s", "--count", "1000").succeeded();
      assertEquals(1001, store.names().size());
      store.pando("remove", "s", "--count", "1001").refusedWith(4);
      assertEquals(1001, store.names().size());
      store.pando("remove", "s", "--count", "1000").succeeded();
      assertEquals(List.of("base"), store.names());
    }
  }

  @Test
  void aVmIsRenamedByMvOrByCommandAndKeepsItsFamily() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      store.template("base", DISK_MEBIBYTES);
      store.pando("clone", "base", "s01").succeeded();
      Program.shell("mkdir \"$1\"/lab && mv \"$1\"/s01 \"$1\"/lab/anna", store.mountpoint())
          .run()
          .succeeded();
      store.pando("rename", "base", "lab/root").succeeded();
      JsonNode anna = store.json("show", "lab/anna");
      assertEquals("lab/root", anna.path("parent").path("name").asText());
      assertTrue(Files.exists(store.at("lab/anna/s01.vmx")));
      assertTrue(anna.path("changes").size() > 5, anna::toString);
      assertFalse(Files.exists(store.at("base")));
      store.pando("rename", "lab/anna", "lab/root").refusedWith(3);
      store.pando("rename", "lab/anna", "x@2").refusedWith(2);
    }
  }

  @Test
  void whatIsPoweredOnByCommandRunsForEveryDaemonAndEndsWithItsProcess() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      store.template("base", DISK_MEBIBYTES);
      store.pando("clone", "base", "s", "--count", "2").succeeded();
      store.pando("power", "on", "base").refusedWith(3);
      store.pando("power", "on", "s01").succeeded();
      Process machine = store.command("power", "on", "s02", "--", "sleep", "600").start();
      try {
        await("the command runs", () -> runs(store, "s02", "sleep"));
        store.kill();
        store.mount();
        assertTrue(store.json("show", "s01").path("running").asBoolean());
        assertTrue(runs(store, "s02", "sleep"));
        for (String command : List.of("freeze", "remove")) {
          String refusal = store.pando(command, "s02").refusedWith(3);
          assertTrue(refusal.contains("sleep (pid " + machine.pid() + ")"), refusal);
        }
      } finally {
        machine.destroyForcibly().waitFor();
      }
      assertFalse(store.json("show", "s02").path("running").asBoolean());
      store.pando("freeze", "s02").succeeded();
      store.pando("power", "off", "s01").succeeded();
      assertEquals(7, store.pando("power", "on", "s01", "--", "sh", "-c", "exit 7").exitCode());
      store.pando("freeze", "s01").succeeded();
      store.pando("power", "on", "s01", "--", "true").refusedWith(3);
    }
  }

  private static boolean runs(MountedStore store, String vm, String command) throws Exception {
    JsonNode by = store.json("show", vm).path("runningBy");
    return by.size() == 1 && by.path(0).path("command").asText().equals(command);
  }

  @Test
  void aCopyByCpIsFlaggedUntilItHasAnIdentityOfItsOwn() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      TinyVm base = TinyVm.in(store.work().resolve("host").resolve("base"), DISK_MEBIBYTES);
      store.pando("import", base.directory().toString()).succeeded();
      Program.shell("cp -a \"$1\"/base \"$1\"/copy", store.mountpoint()).run().succeeded();
      JsonNode first = store.json("list").path("vms").path(0);
      assertEquals(List.of("copy"), texts(first.path("sameUuidAs")));
      String list = store.pando("list").succeeded().out();
      assertTrue(list.contains("base and copy have the same UUID"), list);
      String before = Files.readString(store.at("copy/base.vmx"), UTF_8);
      store.pando("identity", "copy").succeeded();
      String after = Files.readString(store.at("copy/base.vmx"), UTF_8);
      assertEquals(
          "base", after.replaceAll("(?s).*displayName = \"([^\"]*)\".*", "$1"), "display name");
      assertFalse(before.equals(after));
      assertEquals(List.of(), texts(store.json("list").path("vms").path(0).path("sameUuidAs")));
      assertEquals(List.of(), texts(store.json("list").path("vms").path(0).path("sameMacAs")));
    }
  }

  @Test
  void aFullCloneIsItsOwnAndAnInterruptedOneLeavesNothing() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      TinyVm base = store.template("base", 256);
      long used = stored(store);
      store.pando("clone", "base", "full", "--full").succeeded();
      assertEquals(0, store.json("show", "full").path("sharedBytes").asLong());
      assertTrue(stored(store) >= used + (200L << 20));
      Program.of("cmp", base.disk().toString(), store.at("full/full-flat.vmdk").toString())
          .run()
          .succeeded();
      store.pando("remove", "full").succeeded();
      Process clone = store.command("clone", "base", "s", "--count", "20", "--full").start();
      await("the clone has begun", () -> stored(store) > used + (20L << 20));
      assertTrue(clone.isAlive(), "it was over too soon");
      clone.destroy();
      clone.waitFor();
      await("what it stored is gone", () -> stored(store) < used + (20L << 20));
      assertEquals(List.of("base"), store.names());
    }
  }

  @Test
  void aDryRunShowsEveryKeyAndMakesNothing() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      store.template("base", DISK_MEBIBYTES);
      String plan = store.pando("clone", "base", "s01", "--dry-run").succeeded().out();
      for (String part : List.of("uuid.bios", "base-flat.vmdk", "s01-flat.vmdk", "shared")) {
        assertTrue(plan.contains(part), plan);
      }
      assertEquals(List.of("base"), store.names());
      JsonNode document = store.json("clone", "base", "s01", "--dry-run");
      assertTrue(document.path("files").size() > 3);
      store.pando("clone", "base", "base", "--dry-run").refusedWith(3);
    }
  }
}
