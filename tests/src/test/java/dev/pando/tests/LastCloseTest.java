package dev.pando.tests;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.daemon.host.ProcessFiles;
import dev.pando.testing.Patience;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a process has just closed, or had open when it was killed, is open to nobody. */
class LastCloseTest {
  private static final int ROUNDS = 80;
  private static final int READERS = 24;

  /** The mount has so much to do that the kernel's news of a close waits in its queue. */
  private static List<Process> load(MountedStore store) throws IOException {
    List<Process> readers = new ArrayList<>();
    for (int i = 0; i < READERS; i++) {
      readers.add(
          Program.shell(
                  "while :; do dd if=$1 of=/dev/null bs=1M iflag=direct 2>/dev/null; done",
                  store.at("base/base-flat.vmdk"))
              .start());
    }
    return readers;
  }

  /** A process that has this file open for writing. */
  private static Process holder(String disk) throws IOException {
    Process holder = Program.shell("exec 3<>$1; exec sleep 1000", disk).start();
    ProcessFiles files = ProcessFiles.of(holder.pid());
    Patience.await("it is open", () -> files.links("fd").contains(Path.of(disk)));
    return holder;
  }

  @Test
  void aVmCanBeRemovedAtOnceWhenItsDiskWasClosed() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      store.template("base", 32);
      List<Process> readers = load(store);
      try {
        for (int i = 0; i < ROUNDS; i++) {
          String name = "c" + i;
          store.pando("clone", "base", name).succeeded();
          String disk = store.at(name + "/" + name + "-flat.vmdk").toString();
          if (i % 2 == 0) {
            Program.shell("exec 3<>$1", disk).run().succeeded();
          } else {
            holder(disk).destroyForcibly().waitFor();
          }
          store.pando("remove", name).succeeded();
        }
      } finally {
        for (Process reader : readers) {
          reader.descendants().forEach(ProcessHandle::destroyForcibly);
          reader.destroyForcibly().waitFor();
        }
      }
    }
  }

  @Test
  void whoHasItOpenIsNamedAtOnce() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      store.template("base", 1);
      store.pando("clone", "base", "c").succeeded();
      Process holder = holder(store.at("c/c-flat.vmdk").toString());
      try {
        String refusal = store.pando("remove", "c").refusedWith(3);
        assertTrue(refusal.contains("pid " + holder.pid()), refusal);
      } finally {
        holder.destroyForcibly().waitFor();
      }
      store.pando("remove", "c").succeeded();
    }
  }
}
