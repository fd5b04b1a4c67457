package dev.pando.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.pando.testing.Patience;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** A VM writes no more than its quota, a store takes no more than its limit, and df shows both. */
class QuotaTest {
  private static final long MIB = 1 << 20;

  private static void template(MountedStore store, int mebibytes) throws IOException {
    Path directory = Files.createDirectories(store.at("base"));
    write(directory.resolve("base.img"), 0, mebibytes).succeeded();
    store.pando("freeze", "base").succeeded();
  }

  private static Outcome write(Path file, int atMib, int mebibytes) throws IOException {
    return Program.of(
            "dd",
            "if=/dev/urandom",
            "of=" + file,
            "bs=1M",
            "count=" + mebibytes,
            "seek=" + atMib,
            "oflag=direct",
            "conv=notrunc")
        .run();
  }

  private static long statfs(Path path, String format) throws IOException {
    return Long.parseLong(
        Program.of("stat", "-f", "-c", format, path.toString()).run().succeeded().out().strip());
  }

  private static JsonNode quota(MountedStore store, String vm) throws IOException {
    return store.json("quota", vm).path("vms").path(0);
  }

  @Test
  void aCloneWritesNoMoreThanTheQuotaOfItsTemplate() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      template(store, 8);
      store.pando("quota", "base", "2M").succeeded();
      store.pando("clone", "base", "a").succeeded();
      Path disk = store.at("a/a.img");
      assertEquals(0, quota(store, "a").path("usedBytes").asLong());
      assertEquals(2 * MIB, quota(store, "a").path("quotaBytes").asLong());
      assertEquals(512, statfs(store.at("a"), "%b"));
      assertEquals(512, statfs(disk, "%a"));

      write(disk, 0, 2).succeeded();
      Outcome refused = write(disk, 2, 1);
      assertNotEquals(0, refused.exitCode());
      assertTrue(refused.err().contains("Disk quota exceeded"), refused.err());
      write(disk, 0, 2).succeeded(); // its own it may overwrite
      assertEquals(0, statfs(disk, "%a"));
      assertTrue(statfs(store.at("base"), "%a") == 0, "the template has more than its quota");

      Program.of("fallocate", "-p", "-o", "0", "-l", "1M", disk.toString()).run().succeeded();
      assertEquals(256, statfs(disk, "%a"));
      Path sub = Files.createDirectory(store.at("a/sub"));
      write(sub.resolve("x"), 0, 1).succeeded();
      assertNotEquals(0, write(sub.resolve("x"), 1, 1).exitCode());

      Files.createDirectory(store.at("outside"));
      Outcome linked = Program.of("ln", disk.toString(), store.at("outside/l").toString()).run();
      assertTrue(linked.err().contains("Invalid cross-device link"), linked.err());
      Program.of("mv", sub.toString(), store.at("outside").toString()).run().succeeded();
      assertEquals(256, statfs(disk, "%a"));

      store.pando("rename", "a", "course/a").succeeded();
      store.umount();
      store.mount();
      assertEquals(MIB, quota(store, "course/a").path("usedBytes").asLong());
      assertNotEquals(0, write(store.at("course/a/a.img"), 4, 2).exitCode());
      store.pando("quota", "course/a", "none").succeeded();
      assertTrue(quota(store, "course/a").path("quotaBytes").isNull());
      write(store.at("course/a/a.img"), 4, 2).succeeded();
      store.pando("remove", "course/a").succeeded();
      assertEquals(1, store.json("quota").path("vms").size());
      store.umount();
      store.command("check", store.store().toString()).run().succeeded();
    }
  }

  @Test
  void aStoreTakesNoMoreThanItsLimitAndSaysWhenLittleIsLeft() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      template(store, 8);
      store.pando("clone", "base", "a").succeeded();
      long taken = store.json("quota", "--store").path("store").path("usedBytes").asLong();
      store.pando("quota", "--store", Long.toString(taken + 16 * MIB)).succeeded();
      assertTrue(statfs(store.at("a"), "%a") <= 16 * MIB / 4096);
      Path big = store.at("a/big");
      Outcome refused = write(big, 0, 32);
      assertTrue(refused.err().contains("No space left"), refused.err());
      JsonNode status = store.json("status").path("mounts").path(0);
      assertTrue(status.path("lowSpace").asBoolean(), status::toString);
      String screen = store.pando("status").succeeded().out();
      assertTrue(screen.contains("of space left"), screen);
      Path log = Path.of(status.path("log").asText());
      Patience.await("a warning in the log", () -> Files.readString(log).contains("Space is low"));
      Files.delete(big);
      store.pando("reclaim").succeeded();
      write(big, 0, 4).succeeded();
      store.pando("quota", "--store", "none").succeeded();
      write(big, 0, 32).succeeded();
      assertTrue(!store.json("status").path("mounts").path(0).path("lowSpace").asBoolean());
    }
  }

  @Test
  void badSizesAreRefused() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      template(store, 1);
      for (String size : new String[] {"1X", "", "9E", "G", "1..5G"}) {
        assertEquals(2, store.pando("quota", "base", size).exitCode(), size);
      }
      assertEquals(4, store.pando("quota", "nobody", "1G").exitCode());
      assertEquals(2, store.pando("quota", "--store", "base", "1G").exitCode());
      store.pando("quota", "base", "1.5 GiB").succeeded();
      assertEquals(1536 * MIB, quota(store, "base").path("quotaBytes").asLong());
    }
  }
}
