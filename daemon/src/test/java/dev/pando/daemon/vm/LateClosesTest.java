package dev.pando.daemon.vm;

import static dev.pando.daemon.vm.MachineBench.assertRefused;
import static dev.pando.daemon.vm.files.MachineException.Kind.REFUSED;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.pando.daemon.host.ProcessFiles;
import dev.pando.daemon.tree.Caller;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.OpenFile;
import dev.pando.daemon.tree.TreeBench;
import dev.pando.daemon.vm.files.MachineException;
import dev.pando.testing.Patience;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The kernel tells of a last close after the process has gone on, or is gone. */
class LateClosesTest {
  private MachineBench bench;
  private Path directory;

  @BeforeEach
  void open(@TempDir Path directory) throws Exception {
    this.directory = directory;
    bench = new MachineBench(directory);
    bench.importVm("base");
  }

  @AfterEach
  void close() throws Exception {
    bench.close();
  }

  /** One that has ended, and was waited for. */
  private static int endedProcess() throws Exception {
    Process process = new ProcessBuilder("true").start();
    process.waitFor();
    return (int) process.pid();
  }

  private OpenFile openedBy(int processId) throws ErrnoException {
    long disk = bench.tree().node("base/base-flat.vmdk");
    return bench.tree().tree().open(disk, TreeBench.READ_WRITE, new Caller(0, 0, processId, 0));
  }

  private interface Operation {
    void run() throws MachineException;
  }

  /** The close comes when the operation waits for it. */
  private void outlasts(Operation operation) throws Exception {
    OpenFile disk = openedBy(endedProcess());
    ExecutorService other = Executors.newSingleThreadExecutor();
    try {
      CompletableFuture<Thread> thread = new CompletableFuture<>();
      var done =
          other.submit(
              () -> {
                thread.complete(Thread.currentThread());
                operation.run();
                return null;
              });
      Patience.await(
          "it waits for the close, or has ended",
          () -> thread.join().getState() == Thread.State.TIMED_WAITING || done.isDone());
      disk.release();
      done.get();
    } finally {
      disk.release();
      other.shutdown();
    }
  }

  @Test
  void noOperationIsRefusedForACloseThatIsUnderWay() throws Exception {
    outlasts(() -> bench.machines().renewIdentity("base"));
    outlasts(() -> bench.machines().rename("base", "other"));
  }

  @Test
  void freezingAndRemovingOutlastItToo() throws Exception {
    outlasts(() -> bench.machines().freeze("base"));
    bench.machines().thaw("base");
    outlasts(() -> bench.machines().remove(List.of("base"), false));
    assertEquals(List.of(), bench.names());
  }

  @Test
  void oneThatDoesNotComeIsARefusalAllTheSame() throws Exception {
    OpenFile disk = openedBy(endedProcess());
    try {
      assertRefused(REFUSED, "has it open", () -> bench.machines().remove(List.of("base"), false));
    } finally {
      disk.release();
    }
    bench.machines().remove(List.of("base"), false);
  }

  /** What a process has open is known by number and name, also where another disk has that name. */
  @Test
  void whoHasTheDiskOpenIsSeen() throws Exception {
    Path file = Files.createFile(directory.resolve("base-flat.vmdk"));
    long inode = (Long) Files.getAttribute(file, "unix:ino");
    var self = ProcessFiles.of(ProcessHandle.current().pid());
    assertEquals(false, self.hasOpen(inode, "base-flat.vmdk"));
    try (var open = Files.newByteChannel(file)) {
      assertEquals(true, open.isOpen() && self.hasOpen(inode, "base-flat.vmdk"));
      assertEquals(false, self.hasOpen(inode + 1, "base-flat.vmdk"));
      assertEquals(false, self.hasOpen(inode, "base.vmdk"));
    }
    assertEquals(false, self.hasOpen(inode, "base-flat.vmdk"));
  }
}
