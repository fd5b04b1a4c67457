package dev.pando.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.pando.testing.Patience;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Figures are what the host sees, equal blocks are stored once, and freed ones come back. */
class SpaceTest {
  private static final int MIB = 1 << 20;

  private static Path vm(MountedStore store, String name, long... mibSeeds) throws IOException {
    Path directory = Files.createDirectories(store.work().resolve("host").resolve(name));
    byte[] content = new byte[mibSeeds.length * MIB];
    byte[] part = new byte[MIB];
    for (int i = 0; i < mibSeeds.length; i++) {
      new Random(mibSeeds[i]).nextBytes(part);
      System.arraycopy(part, 0, content, i * MIB, MIB);
    }
    Files.write(directory.resolve("disk.raw"), content);
    return directory;
  }

  private static String sum(Path file) throws IOException {
    return Program.of("sha256sum", file.toString()).run().succeeded().out().substring(0, 64);
  }

  private static long onHost(MountedStore store) throws IOException {
    String out =
        Program.of("du", "-s", "--block-size=1", store.store().toString()).run().succeeded().out();
    return Long.parseLong(out.substring(0, out.indexOf('\t')));
  }

  private static void requireTrue(MountedStore store, long storedMib) throws IOException {
    store.pando("reclaim").succeeded();
    JsonNode space = store.json("space");
    assertEquals(storedMib, space.path("storedBytes").asLong() / MIB, space::toString);
    long told = space.path("storedBytes").asLong() + space.path("metadataBytes").asLong();
    long seen = onHost(store);
    assertTrue(Math.abs(told - seen) <= MIB, () -> space + " and du says " + seen);
  }

  @Test
  void whatIsEqualIsStoredOnceAndEveryFigureIsTrue() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      store.pando("dedupe", "--off").succeeded(); // not by itself
      Path first = vm(store, "first", 1, 2, 3, 4, 5, 6);
      // the same release with one MiB changed, and things at other places
      Path second = vm(store, "second", 9, 1, 2, 3, 4, 6);
      store.pando("import", first.toString()).succeeded();
      store.pando("import", second.toString()).succeeded();
      store.pando("clone", "first", "full", "--full").succeeded();
      requireTrue(store, 18);
      assertEquals(3, store.pando("dedupe").exitCode());
      store.pando("dedupe", "--on").succeeded();
      JsonNode done = store.json("dedupe");
      assertEquals(5, done.path("sharedBytes").asLong() / MIB, done::toString);
      requireTrue(store, 13);
      assertEquals(5, store.json("space").path("savedByDedupeBytes").asLong() / MIB);
      String[] sums = {sum(first.resolve("disk.raw")), sum(second.resolve("disk.raw"))};
      assertEquals(sums[0], sum(store.at("first/disk.raw")));
      assertEquals(sums[1], sum(store.at("second/disk.raw")));

      // a full clone shares nothing, also later
      store.pando("remove", "full").succeeded();
      requireTrue(store, 7);
      store.pando("remove", "first").succeeded();
      assertEquals(sums[1], sum(store.at("second/disk.raw")));
      requireTrue(store, 6);
      store.pando("remove", "second").succeeded();
      requireTrue(store, 0);
      store.pando("reclaim", "--compact").succeeded();
      requireTrue(store, 0);
      store.umount();
      store.command("check", store.store().toString()).run().succeeded();
    }
  }

  /** The same update in each clone. */
  @Test
  void whatClonesWroteAlikeIsStoredOnceWhileTheyAreWrittenTo() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      store.pando("import", vm(store, "base", 1, 2, 3, 4, 5, 6, 7, 8).toString()).succeeded();
      store.pando("freeze", "base").succeeded();
      store.pando("clone", "base", "c", "--count", "4").succeeded();
      Path update = vm(store, "update", 21, 22, 23, 24).resolve("disk.raw");
      for (int i = 1; i <= 4; i++) {
        Program.of(
                "dd",
                "if=" + update,
                "of=" + store.at("c0" + i + "/disk.raw"),
                "bs=1M",
                "seek=2",
                "conv=notrunc,fsync")
            .run()
            .succeeded();
      }
      requireTrue(store, 8 + 4 * 4);
      Process writer =
          Program.shell(
                  "while :; do dd if=/dev/urandom of=$1 bs=4k count=16 seek=1900 conv=notrunc;"
                      + " done",
                  store.at("c04/disk.raw"))
              .start();
      try {
        store.pando("dedupe").succeeded();
      } finally {
        writer.descendants().forEach(ProcessHandle::destroyForcibly);
        writer.destroyForcibly().waitFor();
      }
      requireTrue(store, 8 + 4);
      for (int i = 1; i <= 4; i++) {
        Program.shell("cmp -n 4194304 -i 0:2097152 $1 $2", update, store.at("c0" + i + "/disk.raw"))
            .run()
            .succeeded();
      }
      store.pando("remove", "c01").succeeded();
      Program.shell("cmp -n 4194304 -i 0:2097152 $1 $2", update, store.at("c02/disk.raw"))
          .run()
          .succeeded();
    }
  }

  private static void awaitStored(MountedStore store, long mib) throws Exception {
    Patience.await(
        mib + " MiB are stored",
        () -> store.json("space").path("storedBytes").asLong() / MIB == mib);
  }

  @Test
  void whatIsImportedOrFrozenIsStoredOnceByItself() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      store.pando("import", vm(store, "one", 1, 2, 3, 4).toString()).succeeded();
      store.pando("import", vm(store, "two", 4, 1, 2, 3).toString()).succeeded();
      awaitStored(store, 4);
      Files.createDirectory(store.at("three"));
      Files.copy(vm(store, "copy", 2, 9).resolve("disk.raw"), store.at("three/disk.raw"));
      awaitStored(store, 6);
      store.pando("freeze", "three").succeeded();
      awaitStored(store, 5);

      // not for whom it is switched off, neither taking nor giving; and it is remembered
      store.pando("dedupe", "--off", "three").succeeded();
      store.umount();
      store.mount();
      store.pando("import", vm(store, "four", 9, 11).toString()).succeeded();
      awaitStored(store, 7);
      store.pando("thaw", "three").succeeded();
      store.pando("freeze", "three").succeeded();
      assertEquals(0, store.json("dedupe").path("sharedBytes").asLong());
      store.pando("dedupe", "--on", "three").succeeded();
      store.pando("dedupe").succeeded(); // or the background was quicker
      awaitStored(store, 6);
    }
  }

  @Test
  void whatWasBegunGoesOnAfterTheDaemonHasEnded() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      store.pando("import", vm(store, "one", 1, 2, 3, 4).toString()).succeeded();
      store.pando("dedupe").succeeded(); // its blocks are known now
      store.pando("import", vm(store, "two", 4, 1, 2, 3).toString()).succeeded();
      store.umount(); // before it has begun
      store.mount();
      awaitStored(store, 4);
    }
  }
}
