package dev.pando.daemon.control;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.Closeable;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/**
 * A command's connection to a daemon. A daemon that gives no sign of life for {@link #PATIENCE}
 * counts as hung: from connecting to the first sign all together, and between two signs. To be used
 * by one thread.
 */
public final class ControlClient implements Closeable {
  /** With a command's own start and end, a hung daemon costs two seconds. */
  public static final Duration PATIENCE = Duration.ofMillis(1600);

  /** Lists of very many machines are long. */
  private static final int MAX_ANSWER_BYTES = 256 << 20;

  /** What every version understands alike, so that another one's daemon can be ended. */
  private static final Set<String> OF_ALL_VERSIONS = Set.of("status", "unmount");

  private final MountEntry mount;
  private final LineChannel lines;

  /** When the daemon must have given its next sign of life, as System.nanoTime. */
  private long deadline;

  private String version = "";
  private long lastId;

  private ControlClient(MountEntry mount, LineChannel lines, long deadline) {
    this.mount = mount;
    this.lines = lines;
    this.deadline = deadline;
  }

  /**
   * Connects to the daemon of {@code mount}.
   *
   * @throws ControlException {@link ExitStatus#NO_DAEMON} if it is not there or does not answer
   */
  public static ControlClient connect(MountEntry mount) throws ControlException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    try {
      LineChannel lines = open(mount);
      try {
        ControlClient client = new ControlClient(mount, lines, deadline);
        client.greet();
        return client;
      } catch (IOException | ControlException e) {
        lines.close();
        throw e;
      }
    } catch (IOException e) {
      throw noAnswer(mount, e);
    }
  }

  private static LineChannel open(MountEntry mount) throws IOException {
    SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    LineChannel lines = new LineChannel(channel, MAX_ANSWER_BYTES);
    try {
      // A hung daemon does not empty its queue; connecting fails then instead of waiting.
      if (!channel.connect(UnixDomainSocketAddress.of(mount.socket()))) {
        throw new SocketTimeoutException("its queue is full");
      }
      return lines;
    } catch (IOException e) {
      lines.close();
      throw e;
    }
  }

  private void greet() throws IOException, ControlException {
    JsonNode hello = receive();
    if (hello.has("error")) {
      throw failure(hello.get("error"));
    }
    version = hello.path("params").path("version").asText();
  }

  /** The daemon's version. */
  public String version() {
    return version;
  }

  /**
   * Calls a method and waits for its result.
   *
   * @param progress told of signs of life that say how far the work has come
   * @throws ControlException as the daemon says; {@link ExitStatus#NO_DAEMON} if it does not
   *     answer, {@link ExitStatus#FAILED} if it is of another version
   */
  public JsonNode call(String method, ObjectNode parameters, Progress progress)
      throws ControlException {
    if (!version.equals(Version.current()) && !OF_ALL_VERSIONS.contains(method)) {
      throw otherVersion();
    }
    if (lastId > 0) {
      deadline = System.nanoTime() + PATIENCE.toNanos();
    }
    long id = ++lastId;
    try {
      lines.write(JsonRpc.line(JsonRpc.request(id, method, parameters)), remaining());
      while (true) {
        JsonNode message = receive();
        if (message.path("method").asText().equals(JsonRpc.PROGRESS)) {
          report(message.path("params"), progress);
        } else if (message.has("error")) {
          throw failure(message.get("error"));
        } else if (message.path("id").asLong() == id && message.has("result")) {
          return message.get("result");
        } else {
          throw new ControlException(ExitStatus.FAILED, "the daemon answers what was not asked");
        }
        deadline = System.nanoTime() + PATIENCE.toNanos();
      }
    } catch (IOException e) {
      throw noAnswer(mount, e);
    }
  }

  private static void report(JsonNode sign, Progress progress) {
    if (sign.has("totalBytes")) {
      progress.report(sign.path("doneBytes").asLong(), sign.path("totalBytes").asLong());
    }
  }

  private JsonNode receive() throws IOException {
    Optional<byte[]> line = lines.readLine(remaining());
    return JsonRpc.parse(line.orElseThrow(() -> new IOException("it has closed the connection")));
  }

  private Duration remaining() {
    return Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
  }

  private ControlException failure(JsonNode error) {
    int code = error.path("code").asInt();
    return switch (code) {
      case JsonRpc.METHOD_NOT_FOUND -> otherVersion();
      case JsonRpc.INVALID_PARAMETERS ->
          new ControlException(ExitStatus.USAGE, error.path("message").asText());
      default -> new ControlException(ExitStatus.of(code), error.path("message").asText());
    };
  }

  private ControlException otherVersion() {
    return new ControlException(
        ExitStatus.FAILED,
        "the daemon of %s is Pando %s and this command is Pando %s; unmount and mount again to have both alike"
            .formatted(mount.mountpoint(), version, Version.current()));
  }

  private static ControlException noAnswer(MountEntry mount, IOException e) {
    String daemon = "the daemon of " + mount.mountpoint() + " (pid " + mount.pid() + ")";
    String how =
        e instanceof SocketTimeoutException
            ? " does not answer"
            : " can not be reached: " + e.getMessage();
    return new ControlException(ExitStatus.NO_DAEMON, daemon + how);
  }

  @Override
  public void close() {
    try {
      lines.close();
    } catch (IOException e) {
      // nothing is lost with a connection that is not needed any more
    }
  }
}
