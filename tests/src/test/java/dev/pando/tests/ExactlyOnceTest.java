package dev.pando.tests;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.testing.Patience;
import dev.pando.tests.conformance.Posix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A daemon that dies between a change and its answer, or between its answer and the next request:
 * the caller's result, and what is there, are those of one execution. The kills are placed by
 * strace(1), in the daemon as it is.
 */
class ExactlyOnceTest {
  private static final int STOP_MILLIS = 3000;
  private static final String FOUND = "unanswered: [";

  private static MountedStore store;
  private static Path log;
  private static int directories;

  @BeforeAll
  static void mount() throws IOException {
    store = MountedStore.mounted();
    log = store.log();
  }

  @AfterAll
  static void unmount() throws IOException {
    store.close();
  }

  static List<ChangingCall> calls() {
    return ChangingCall.all();
  }

  /** Those whose second execution would show: it would be refused, or undo the first. */
  static Stream<ChangingCall> callsOnceOnly() {
    return calls().stream().filter(call -> call.leavesReceipt() && !call.opcode().isEmpty());
  }

  @ParameterizedTest
  @MethodSource("calls")
  void killedBeforeTheAnswer(ChangingCall call) throws IOException {
    Path directory = Files.createDirectory(store.at("d" + directories++));
    int fd = prepare(call, directory);
    long logged = Files.size(log);
    int result =
        FuseStrace.killingBeforeAnswer(store, call.earlier(), () -> call.call().in(directory, fd));
    String found = found(logged);
    assertTrue(
        call.opcode().isEmpty()
            ? !found.endsWith("disk: 0 [main]")
            : found.contains(call.opcode()) && found.contains("(executed)") == call.leavesReceipt(),
        () -> call + ": " + found);
    check(call, directory, fd, result);
  }

  @ParameterizedTest
  @MethodSource("callsOnceOnly")
  void killedAfterTheAnswer(ChangingCall call) throws IOException {
    Path directory = Files.createDirectory(store.at("d" + directories++));
    int fd = prepare(call, directory);
    long logged = Files.size(log);
    ProcessHandle daemon = store.daemon();
    int result =
        FuseStrace.stoppingAfterAnswer(
            store,
            STOP_MILLIS,
            () -> {
              int answer = call.call().in(directory, fd);
              daemon.destroyForcibly();
              return answer;
            });
    assertFalse(found(logged).contains(call.opcode()), () -> call + " was answered");
    check(call, directory, fd, result);
  }

  /** Has all in the kernel's cache that it asks for, so that the call is the next request. */
  private static int prepare(ChangingCall call, Path directory) throws IOException {
    int fd = call.before().in(directory);
    for (int round = 0; round < 2; round++) {
      Posix.stat(directory);
      for (String name : List.of("a", "b", "a.raw")) {
        if (Files.exists(directory.resolve(name), LinkOption.NOFOLLOW_LINKS)) {
          Posix.stat(directory.resolve(name));
        }
      }
    }
    return fd;
  }

  private static void check(ChangingCall call, Path directory, int fd, int result)
      throws IOException {
    call.after().in(directory, fd, result);
    if (fd >= 0) {
      Posix.close(fd);
    }
    if (call.opens()) {
      Posix.close(result);
    }
  }

  /** What the daemon that took over says it found, in what came after {@code logged} bytes. */
  private static String found(long logged) throws IOException {
    Patience.await("another daemon takes over", () -> since(logged).contains(FOUND));
    String fresh = since(logged);
    int at = fresh.indexOf(FOUND);
    return fresh.substring(at, fresh.indexOf('\n', at));
  }

  private static String since(long logged) throws IOException {
    byte[] all = Files.readAllBytes(log);
    return new String(all, (int) logged, all.length - (int) logged, UTF_8);
  }
}
