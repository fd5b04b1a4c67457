package dev.pando.daemon.control;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.testing.Patience;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(Patience.HANG_SECONDS)
class ControlTest {
  private static final Duration BOUND = Duration.ofMinutes(2);

  @TempDir private Path directory;
  private MountEntry mount;
  private ControlServer server;
  private final CountDownLatch release = new CountDownLatch(1);
  private final CountDownLatch entered = new CountDownLatch(1);

  @BeforeEach
  void open() throws Exception {
    mount =
        new MountRegistry(directory)
            .ownEntry(Path.of("/mnt"), Path.of("/store"), "kernel", OptionalLong.empty());
    server =
        ControlServer.open(
            mount.socket(),
            Map.of(
                "echo", ControlMethod.quick(ControlTest::echo),
                "refuse", ControlMethod.quick(ControlTest::refuse),
                "fault", ControlMethod.quick(ControlTest::fault),
                "hang", ControlMethod.quick(this::work),
                "work", ControlMethod.lasting(this::work)));
  }

  @AfterEach
  void close() throws IOException {
    release.countDown();
    server.close();
  }

  private static JsonNode echo(Parameters parameters, Progress progress) throws ControlException {
    ObjectNode result = JsonRpc.object().put("text", parameters.text("text"));
    result.put("flag", parameters.flag("flag")).put("texts", parameters.texts("texts").toString());
    return result;
  }

  private static JsonNode refuse(Parameters parameters, Progress progress) throws ControlException {
    throw new ControlException(ExitStatus.REFUSED, "the template is frozen");
  }

  private static JsonNode fault(Parameters parameters, Progress progress) {
    throw new IllegalStateException("secret detail");
  }

  private JsonNode work(Parameters parameters, Progress progress) {
    progress.report(1, 4);
    entered.countDown();
    try {
      assertTrue(release.await(BOUND.toSeconds(), TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return JsonRpc.object().put("done", true);
  }

  private JsonNode call(String method, ObjectNode parameters) throws ControlException {
    try (ControlClient client = ControlClient.connect(mount)) {
      return client.call(method, parameters, Progress.IGNORED);
    }
  }

  private ControlException refused(String method, ObjectNode parameters) {
    return assertThrows(ControlException.class, () -> call(method, parameters));
  }

  @Test
  void aCallIsAnsweredWithItsResult() throws ControlException {
    ObjectNode parameters =
        JsonRpc.object().put("text", "a\n\u03c0 \ud83c\udf33").put("flag", true);
    parameters.putArray("texts").add("x").add("y");
    JsonNode result = call("echo", parameters);
    assertEquals("a\n\u03c0 \ud83c\udf33", result.path("text").asText());
    assertTrue(result.path("flag").asBoolean());
    assertEquals("[x, y]", result.path("texts").asText());
  }

  @Test
  void oneConnectionCarriesManyCalls() throws ControlException {
    try (ControlClient client = ControlClient.connect(mount)) {
      for (int i = 0; i < 100; i++) {
        ObjectNode parameters = JsonRpc.object().put("text", "call " + i);
        JsonNode result = client.call("echo", parameters, Progress.IGNORED);
        assertEquals("call " + i, result.path("text").asText());
      }
    }
  }

  @Test
  void manyCommandsAreServedAtOnce() throws Exception {
    ExecutorService commands = Executors.newFixedThreadPool(16);
    try {
      List<Future<JsonNode>> answers = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        ObjectNode parameters = JsonRpc.object().put("text", "command " + i);
        answers.add(commands.submit(() -> call("echo", parameters)));
      }
      for (int i = 0; i < answers.size(); i++) {
        assertEquals("command " + i, answers.get(i).get().path("text").asText());
      }
    } finally {
      commands.shutdownNow();
    }
  }

  @Test
  void aRefusalCarriesItsExitStatusAndSentence() {
    ControlException refused = refused("refuse", JsonRpc.object());
    assertEquals(ExitStatus.REFUSED, refused.status());
    assertEquals("the template is frozen", refused.getMessage());
  }

  @Test
  void aParameterOfTheWrongTypeIsWrongUsage() {
    assertEquals(ExitStatus.USAGE, refused("echo", JsonRpc.object()).status());
    assertEquals(ExitStatus.USAGE, refused("echo", JsonRpc.object().put("text", 1)).status());
    ObjectNode flag = JsonRpc.object().put("text", "").put("flag", "yes");
    assertEquals(ExitStatus.USAGE, refused("echo", flag).status());
    ObjectNode texts = JsonRpc.object().put("text", "").put("texts", "yes");
    assertEquals(ExitStatus.USAGE, refused("echo", texts).status());
  }

  @Test
  void aFaultIsOneSentenceWithoutItsDetails() {
    ControlException fault = refused("fault", JsonRpc.object());
    assertEquals(ExitStatus.FAILED, fault.status());
    assertFalse(fault.getMessage().contains("secret"), fault.getMessage());
  }

  @Test
  void aMethodThatIsNotKnownPointsAtTheVersions() {
    ControlException unknown = refused("teleport", JsonRpc.object());
    assertEquals(ExitStatus.FAILED, unknown.status());
    assertTrue(unknown.getMessage().contains(Version.current()), unknown.getMessage());
  }

  @Test
  void onlyTheOwnerReachesTheSocket() throws IOException {
    assertEquals(
        "rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(mount.socket())));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "junk",
        "{",
        "[]",
        "1",
        "null",
        "{\"jsonrpc\":\"1.0\",\"method\":\"echo\"}",
        "{\"jsonrpc\":\"2.0\",\"method\":1}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"echo\",\"params\":[1]}",
        "{}{}",
        ""
      })
  void whatIsNoRequestIsAnsweredWithAnErrorAndTheConnectionLives(String line) throws IOException {
    try (LineChannel lines = raw()) {
      lines.readLine(BOUND);
      lines.write((line + "\n").getBytes(UTF_8), BOUND);
      JsonNode error = JsonRpc.parse(lines.readLine(BOUND).orElseThrow());
      assertTrue(error.path("error").path("code").asInt() < 0, error.toString());
      lines.write(
          JsonRpc.line(JsonRpc.request(7, "echo", JsonRpc.object().put("text", "x"))), BOUND);
      assertEquals(7, JsonRpc.parse(lines.readLine(BOUND).orElseThrow()).path("id").asInt());
    }
  }

  @Test
  void aRequestWithoutIdIsCarriedOutAndNotAnswered() throws IOException {
    try (LineChannel lines = raw()) {
      lines.readLine(BOUND);
      lines.write(JsonRpc.line(JsonRpc.notification("refuse", JsonRpc.object())), BOUND);
      lines.write(
          JsonRpc.line(JsonRpc.request(1, "echo", JsonRpc.object().put("text", "x"))), BOUND);
      assertTrue(JsonRpc.parse(lines.readLine(BOUND).orElseThrow()).has("result"));
    }
  }

  @Test
  void aRequestWithoutEndIsRefusedAtItsBound() throws IOException {
    try (LineChannel lines = raw()) {
      lines.readLine(BOUND);
      lines.write(new byte[ControlServer.MAX_REQUEST_BYTES + 1], BOUND);
      JsonNode error = JsonRpc.parse(lines.readLine(BOUND).orElseThrow());
      assertEquals(JsonRpc.INVALID_REQUEST, error.path("error").path("code").asInt());
      assertTrue(lines.readLine(BOUND).isEmpty());
    }
  }

  private LineChannel raw() throws IOException {
    return new LineChannel(SocketChannel.open(UnixDomainSocketAddress.of(mount.socket())), 1 << 20);
  }

  @Test
  void longWorkGivesSignsOfLifeAndOutlastsPatience() throws ControlException {
    long start = System.nanoTime();
    List<String> signs = new ArrayList<>();
    try (ControlClient client = ControlClient.connect(mount)) {
      JsonNode result =
          client.call(
              "work",
              JsonRpc.object(),
              (done, total) -> {
                signs.add(done + "/" + total);
                if (System.nanoTime() - start > ControlClient.PATIENCE.toNanos() * 5 / 4) {
                  release.countDown();
                }
              });
      assertTrue(result.path("done").asBoolean());
    }
    assertTrue(signs.size() >= 4, signs.toString());
    assertEquals("1/4", signs.get(0));
    assertTrue(System.nanoTime() - start > ControlClient.PATIENCE.toNanos());
  }

  @Test
  void aQuickCallThatHangsCostsTwoSeconds() throws Exception {
    assertNoAnswerWithinTwoSeconds("hang");
  }

  @Test
  void aDaemonThatAcceptsNothingCostsTwoSecondsHoweverManyWait() throws Exception {
    server.close();
    List<SocketChannel> waiting = new ArrayList<>();
    try (ServerSocketChannel hung = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      hung.bind(UnixDomainSocketAddress.of(mount.socket()), 1);
      assertNoAnswerWithinTwoSeconds("echo");
      for (int i = 0; i < 4; i++) {
        SocketChannel other = SocketChannel.open(StandardProtocolFamily.UNIX);
        waiting.add(other);
        other.configureBlocking(false);
        fill(other);
      }
      assertNoAnswerWithinTwoSeconds("echo");
    } finally {
      for (SocketChannel other : waiting) {
        other.close();
      }
    }
  }

  private void fill(SocketChannel other) throws IOException {
    try {
      other.connect(UnixDomainSocketAddress.of(mount.socket()));
    } catch (SocketException full) {
      assertTrue(full.getMessage().contains("temporarily"), full.getMessage());
    }
  }

  @Test
  void aDaemonThatIsGoneIsNoDaemon() throws Exception {
    server.close();
    assertNoAnswerWithinTwoSeconds("echo");
  }

  private void assertNoAnswerWithinTwoSeconds(String method) throws Exception {
    Patience.requireWithin(
        ControlClient.PATIENCE.multipliedBy(5).dividedBy(4),
        () -> {
          ControlException hung = refused(method, JsonRpc.object().put("text", "x"));
          assertEquals(ExitStatus.NO_DAEMON, hung.status(), hung.getMessage());
          assertTrue(hung.getMessage().contains("/mnt"), hung.getMessage());
        });
  }

  @Test
  void tooManyCommandsAreToldThatTheDaemonIsBusy() throws Exception {
    List<ControlClient> clients = new ArrayList<>();
    try {
      for (int i = 0; i < ControlServer.MAX_CONNECTIONS; i++) {
        clients.add(ControlClient.connect(mount));
      }
      ControlException busy =
          assertThrows(ControlException.class, () -> ControlClient.connect(mount));
      assertEquals(ExitStatus.REFUSED, busy.status());
    } finally {
      clients.forEach(ControlClient::close);
    }
  }

  @Test
  void closingLetsARunningCallBeAnswered() throws Exception {
    ExecutorService command = Executors.newSingleThreadExecutor();
    try {
      ControlClient idle = ControlClient.connect(mount);
      Future<JsonNode> answer = command.submit(() -> call("work", JsonRpc.object()));
      assertTrue(entered.await(BOUND.toSeconds(), TimeUnit.SECONDS));
      Thread closing =
          new Thread(
              () -> {
                try {
                  server.close();
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
      closing.start();
      release.countDown();
      assertTrue(answer.get().path("done").asBoolean());
      closing.join();
      assertThrows(
          ControlException.class, () -> idle.call("echo", JsonRpc.object(), Progress.IGNORED));
      assertFalse(Files.exists(mount.socket()));
    } finally {
      command.shutdownNow();
    }
  }

  @Test
  void aDaemonOfAnotherVersionCanOnlyBeAskedAndEnded() throws Exception {
    server.close();
    try (ServerSocketChannel old = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      old.bind(UnixDomainSocketAddress.of(mount.socket()));
      Thread answering = new Thread(() -> answerAsVersionZero(old));
      answering.start();
      try (ControlClient client = ControlClient.connect(mount)) {
        assertEquals("0.0", client.version());
        ControlException refused =
            assertThrows(
                ControlException.class,
                () -> client.call("clone", JsonRpc.object(), Progress.IGNORED));
        assertTrue(refused.getMessage().contains("0.0"), refused.getMessage());
        assertTrue(refused.getMessage().contains(Version.current()), refused.getMessage());
        JsonNode gone = client.call("unmount", JsonRpc.object(), Progress.IGNORED);
        assertEquals(1, gone.path("gone").asInt());
      }
      answering.join();
    }
  }

  private static void answerAsVersionZero(ServerSocketChannel listener) {
    try (LineChannel lines = new LineChannel(listener.accept(), 1000)) {
      ObjectNode hello = JsonRpc.object().put("version", "0.0");
      lines.write(JsonRpc.line(JsonRpc.notification(JsonRpc.HELLO, hello)), BOUND);
      JsonNode request = JsonRpc.parse(lines.readLine(BOUND).orElseThrow());
      ObjectNode gone = JsonRpc.object().put("gone", 1);
      lines.write(JsonRpc.line(JsonRpc.result(request.get("id"), gone)), BOUND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void aSignThatDoesNotFitIsDroppedAndHoldsUpNobody() throws Exception {
    ScheduledExecutorService heartbeat = Executors.newSingleThreadScheduledExecutor();
    Path socket = directory.resolve("full.sock");
    try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      listener.bind(UnixDomainSocketAddress.of(socket));
      SocketChannel command = SocketChannel.open(UnixDomainSocketAddress.of(socket));
      SocketChannel channel = listener.accept();
      ControlMethod fill = ControlMethod.lasting((parameters, progress) -> fill(channel, progress));
      Connection connection = new Connection(channel, Map.of("fill", fill), heartbeat);
      Thread serving = new Thread(connection::serve);
      serving.start();
      try (LineChannel lines = new LineChannel(command, 1 << 20)) {
        lines.readLine(BOUND);
        lines.write(JsonRpc.line(JsonRpc.request(1, "fill", JsonRpc.object())), BOUND);
        assertTrue(entered.await(BOUND.toSeconds(), TimeUnit.SECONDS));
        // comes after the sign of this connection that does not fit
        heartbeat.schedule(release::countDown, 1, TimeUnit.SECONDS).get();
        byte[] line = new byte[0];
        while (line.length == 0) {
          line = lines.readLine(BOUND).orElseThrow();
        }
        JsonNode answer = JsonRpc.parse(line);
        assertTrue(answer.path("result").path("awaited").asBoolean(), answer.toString());
      }
      serving.join();
    } finally {
      heartbeat.shutdownNow();
    }
  }

  /** Fills the socket with empty lines; tells whether the command still counts as there. */
  private JsonNode fill(SocketChannel channel, Progress progress) {
    byte[] ends = new byte[512];
    Arrays.fill(ends, (byte) '\n');
    try {
      int taken = 1;
      while (taken > 0) {
        taken = channel.write(ByteBuffer.wrap(ends));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    work(null, progress);
    return JsonRpc.object().put("awaited", progress.isAwaited());
  }

  @Test
  void aSocketPathThatTheKernelCanNotTakeIsRefused() {
    Path deep = directory.resolve("x".repeat(100)).resolve("1.sock");
    assertThrows(IOException.class, () -> ControlServer.open(deep, Map.of()));
  }

  @Test
  void aSocketLeftByACrashIsReplaced() throws Exception {
    Path socket = directory.resolve("left.sock");
    try (ServerSocketChannel crashed = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      crashed.bind(UnixDomainSocketAddress.of(socket));
    }
    assertTrue(Files.exists(socket));
    ControlServer.open(socket, Map.of()).close();
    assertFalse(Files.exists(socket));
  }
}
