package dev.pando.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.pando.testing.Patience;
import org.junit.jupiter.api.Test;

/** A shared mapping of an image makes its writers take turns: {@code status} says whose it is. */
class TurnTakingTest {

  private static JsonNode serializedBy(MountedStore store) throws Exception {
    return store.json("status").path("mounts").path(0).path("serializedBy");
  }

  private static Process map(MountedStore store, String file) throws Exception {
    return Program.of(
            "fio",
            "--name=map",
            "--ioengine=mmap",
            "--thread",
            "--rw=randread",
            "--rate_iops=10",
            "--time_based",
            "--runtime=1000",
            "--size=1m",
            "--filename=" + store.at(file))
        .start();
  }

  private static void awaitSize(MountedStore store, int size) throws Exception {
    Patience.await(size + " mappings", () -> serializedBy(store).size() == size);
  }

  @Test
  void whoeverHasAnImageMappedSharedIsNamedUntilHeEnds() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      store.template("base", 2);
      store.pando("clone", "base", "course/s01").succeeded();
      assertEquals(0, serializedBy(store).size());
      Process small = map(store, "course/s01/fio.tmp");
      Process image = map(store, "course/s01/s01-flat.vmdk");
      try {
        awaitSize(store, 1); // not the small file: nothing is slower for its mapping
        JsonNode mapping = serializedBy(store).path(0);
        assertEquals("s01-flat.vmdk", mapping.path("file").asText());
        assertEquals("course/s01", mapping.path("vm").asText());
        assertEquals(image.pid(), mapping.path("pid").asLong());
        assertEquals("fio", mapping.path("command").asText());
        String line = "s01-flat.vmdk of course/s01 is mapped by fio (pid " + image.pid() + ")";
        String printed = store.pando("status").succeeded().out();
        assertTrue(printed.contains(line), printed);
      } finally {
        image.destroyForcibly().waitFor();
        small.destroyForcibly().waitFor();
      }
      awaitSize(store, 0);
    }
  }
}
