package dev.pando.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** No absolute path is stored: a store is where it is. */
class MovedStoreTest {
  private static final int DISK_MEBIBYTES = 4;

  private static void copy(Path store, Path copy) throws Exception {
    Program.of("cp", "-a", store.toString(), copy.toString()).run().succeeded();
  }

  /** Mounts {@code store} at a mount point beside it and returns the names of its VMs. */
  private static List<String> names(MountedStore other) throws Exception {
    other.mount();
    List<String> names = other.names();
    other.pando("clone", names.get(0), "another").succeeded();
    other.pando("remove", "another").succeeded();
    other.umount();
    return names;
  }

  @Test
  void aCopyOfAMountedStoreIsRefusedAndOneOfAnUnmountedStoreIsNot() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      store.template("base", DISK_MEBIBYTES);
      store.pando("clone", "base", "s", "--count", "2").succeeded();
      Path copy = store.work().resolve("copy");
      Path elsewhere = Files.createDirectory(store.work().resolve("elsewhere"));
      copy(store.store(), copy);
      String refusal = store.pando("mount", copy.toString(), elsewhere.toString()).refusedWith(3);
      assertTrue(refusal.contains("was copied while its store was mounted"), refusal);
      List<String> all = store.names();
      store.umount();
      Program.of("rm", "-r", copy.toString()).run().succeeded();
      copy(store.store(), copy);
      try (MountedStore other = MountedStore.unmounted(copy)) {
        assertEquals(all, names(other));
      }
      Path moved = store.work().resolve("moved");
      Files.move(store.store(), moved);
      try (MountedStore other = MountedStore.unmounted(moved)) {
        assertEquals(all, names(other));
      }
      Program.shell("! grep -r -q -a -F \"$1\" \"$2\"", store.work(), moved).run().succeeded();
    }
  }
}
