package dev.pando.daemon.host;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.testing.Patience;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A process may end between any two calls to its files, and that is never a fault. */
class ProcessFilesTest {
  private static final int PROCESSES = 200;

  private static Process sleeping() throws IOException {
    return new ProcessBuilder("sleep", "1000").start();
  }

  /** Kills it, and returns when nothing of it is left. */
  private static void end(Process process) throws InterruptedException {
    process.destroyForcibly().waitFor();
    while (Files.exists(directory(process))) {
      Thread.onSpinWait(); // whoever asked for its exit code has reaped it, or is about to
    }
  }

  private static Path directory(Process process) {
    return Path.of("/proc", Long.toString(process.pid()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"stat", "status", "maps", "comm", "cmdline", "io"})
  void aFileThatIsOpenWhenItsProcessEndsHasNothingToSay(String name) throws Exception {
    Process process = sleeping();
    ProcessFiles files = ProcessFiles.of(process.pid());
    try (SeekableByteChannel open = Files.newByteChannel(directory(process).resolve(name))) {
      end(process);
      assertEquals(0, files.content(open).orElse(new byte[0]).length);
    }
    assertEquals(Optional.empty(), files.bytes(name));
  }

  /** Or the test before would prove nothing. */
  @Test
  void theKernelFailsAReadOfAProcessThatHasEnded() throws Exception {
    Process process = sleeping();
    try (SeekableByteChannel open = Files.newByteChannel(directory(process).resolve("stat"))) {
      end(process);
      InputStream plain = Channels.newInputStream(open);
      assertThrows(IOException.class, plain::readAllBytes);
    }
  }

  @Test
  void aDirectoryThatIsOpenWhenItsProcessEndsIsEmpty() throws Exception {
    for (String name : List.of("fd", "task")) {
      Process process = sleeping();
      Path path = directory(process).resolve(name);
      try (DirectoryStream<Path> open = Files.newDirectoryStream(path)) {
        end(process);
        assertEquals(List.of(), ProcessFiles.of(process.pid()).targets(open));
      }
    }
  }

  @Test
  void nothingIsSaidOfAProcessThatHasEnded() throws Exception {
    Process process = sleeping();
    long pid = process.pid();
    assertTrue(ProcessStart.ticks(pid).isPresent());
    assertTrue(ProcessStart.isThere(pid, ProcessStart.ticks(pid).orElseThrow()));
    assertFalse(ProcessStart.isThere(pid, ProcessStart.ticks(pid).orElseThrow() + 1));
    end(process);
    ProcessFiles files = ProcessFiles.of(pid);
    assertEquals(Optional.empty(), files.text("stat"));
    assertEquals(Optional.empty(), files.status("Tgid"));
    assertEquals(Optional.empty(), files.link("exe"));
    assertEquals(List.of(), files.links("fd"));
    assertEquals(List.of(), files.threads());
    assertEquals(OptionalInt.empty(), files.owner());
    assertEquals(Optional.empty(), ProcessStart.ticks(pid));
    assertEquals(OptionalLong.empty(), ProcessMemory.residentBytes(pid));
    assertEquals(List.of(), ProcessMemory.arguments(pid));
  }

  /** Every question, all the time, while processes come and go. */
  @Test
  void processesThatEndWhileTheyAreAskedAreNoFault() throws Exception {
    CompletableFuture<Void> starting =
        CompletableFuture.runAsync(
            () -> {
              try {
                for (int i = 0; i < PROCESSES; i++) {
                  new ProcessBuilder("true").start().onExit().join();
                }
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
    int asked = 0;
    while (!starting.isDone()) {
      for (ProcessFiles process : ProcessFiles.all()) {
        if (process.id() >= ProcessHandle.current().pid()) {
          asked += ask(process) ? 1 : 0;
        }
      }
    }
    starting.join();
    assertTrue(asked > 0);
  }

  /** Whether anything was said of it. */
  private static boolean ask(ProcessFiles process) throws IOException {
    int said = process.links("fd").size();
    said += process.text("maps").isPresent() ? 1 : 0;
    said += process.link("exe").isPresent() ? 1 : 0;
    said += process.owner().isPresent() ? 1 : 0;
    for (ProcessFiles thread : process.threads()) {
      said += thread.status("TracerPid").isPresent() ? 1 : 0;
    }
    said += ProcessStart.ticks(process.id()).isPresent() ? 1 : 0;
    return said > 0;
  }

  @Test
  void whatIsAskedOfALivingProcessIsAnswered() throws Exception {
    Process process = sleeping();
    try {
      ProcessFiles files = ProcessFiles.of(process.pid());
      assertEquals(Optional.of(Long.toString(process.pid())), files.status("Tgid"));
      assertEquals(1, files.threads().size());
      assertTrue(files.links("fd").size() >= 3);
      List<Long> all = new ArrayList<>();
      ProcessFiles.all().forEach(other -> all.add(other.id()));
      assertTrue(all.contains(process.pid()));
    } finally {
      end(process);
    }
  }

  /** What can not be told of a process is not its end: its mount and its memory stay its own. */
  @Test
  void aProcessIsNotGoneForOneThatMayOpenNoMoreFiles() throws Exception {
    String command = "ulimit -n 40 && exec \"$1\" -cp \"$2\" \"$3\" \"$4\"";
    Process opener =
        new ProcessBuilder(
                "bash",
                "-c",
                command,
                "bash",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                System.getProperty("java.class.path"),
                WithoutDescriptors.class.getName(),
                Long.toString(ProcessHandle.current().pid()))
            .redirectErrorStream(true)
            .start();
    assertEquals("true false", new String(opener.getInputStream().readAllBytes(), UTF_8).strip());
  }

  /** Opens all the files that it may, and says whether a process is there, and another. */
  static final class WithoutDescriptors {
    public static void main(String[] arguments) throws IOException {
      long pid = Long.parseLong(arguments[0]);
      long start = ProcessStart.ticks(pid).orElseThrow();
      List<FileInputStream> open = new ArrayList<>();
      String answer = said(pid, start); // what it needs of classes is loaded
      try {
        while (true) {
          open.add(new FileInputStream("/dev/null"));
        }
      } catch (IOException full) {
        answer = said(pid, start);
      }
      for (FileInputStream file : open) {
        file.close();
      }
      System.out.println(answer);
    }

    private static String said(long pid, long start) {
      return ProcessStart.isThere(pid, start) + " " + ProcessStart.isThere(1L << 30, start);
    }
  }

  /** A name need not be text: that of a program is the bytes of its file's name. */
  @Test
  void aProcessWithANameThatIsNoTextIsMeasured(@TempDir Path directory) throws Exception {
    String script = "cp \"$(type -P sleep)\" $'\\xff' && exec ./$'\\xff' 1000";
    Process process =
        new ProcessBuilder("bash", "-c", script).directory(directory.toFile()).start();
    try {
      ProcessFiles files = ProcessFiles.of(process.pid());
      Patience.await("it runs", () -> files.text("comm").orElse("").startsWith("\u00ff"));
      assertTrue(ProcessMemory.residentBytes(process.pid()).orElseThrow() > 0);
    } finally {
      end(process);
    }
  }
}
