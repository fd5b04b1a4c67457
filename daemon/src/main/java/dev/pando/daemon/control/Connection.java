package dev.pando.daemon.control;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection of a command: says hello, then answers requests one after the other. Its thread
 * reads and answers; the heartbeat's thread writes during a call only. {@code lock} guards the
 * state, {@code writing} the writes. The heartbeat's thread serves all connections and so waits for
 * none: it drops a sign that does not fit.
 */
final class Connection {
  /** Whoever is silent for so long is gone. */
  private static final Duration IDLE_LIMIT = Duration.ofSeconds(60);

  /** Whoever takes nothing for so long is gone. */
  private static final Duration WRITE_LIMIT = Duration.ofSeconds(5);

  /** How often a long call gives a sign of life; clients wait for three of them. */
  private static final long HEARTBEAT_MILLIS = 500;

  private static final Logger LOG = LoggerFactory.getLogger(Connection.class);

  private final LineChannel lines;
  private final Map<String, ControlMethod> methods;
  private final ScheduledExecutorService heartbeat;
  private final Object lock = new Object();
  private final ReentrantLock writing = new ReentrantLock();

  /** Whether a request is being worked on. */
  private boolean isBusy;

  /** Whether to close as soon as no request is being worked on. */
  private boolean isEnding;

  Connection(
      SocketChannel channel, Map<String, ControlMethod> methods, ScheduledExecutorService heartbeat)
      throws IOException {
    this.lines = new LineChannel(channel, ControlServer.MAX_REQUEST_BYTES);
    this.methods = methods;
    this.heartbeat = heartbeat;
  }

  /** Tells the other side that there are too many. */
  void refuse() {
    try {
      send(
          JsonRpc.error(
              NullNode.getInstance(),
              ExitStatus.REFUSED.number(),
              "the daemon is busy with "
                  + ControlServer.MAX_CONNECTIONS
                  + " commands; try again in a moment"));
    } catch (IOException e) {
      LOG.debug("A command went away", e);
    } finally {
      close();
    }
  }

  /** Serves until the other side closes, or is silent for too long. */
  void serve() {
    try {
      ObjectNode hello = JsonRpc.object().put("version", Version.current());
      send(JsonRpc.notification(JsonRpc.HELLO, hello));
      while (true) {
        Optional<byte[]> line = lines.readLine(IDLE_LIMIT);
        if (line.isEmpty() || !begin()) {
          return;
        }
        answer(line.get());
        if (!end()) {
          return;
        }
      }
    } catch (LineChannel.LineTooLongException e) {
      refuseLine(e.getMessage());
    } catch (SocketTimeoutException e) {
      LOG.debug("A command was silent for too long");
    } catch (IOException e) {
      LOG.debug("A command went away", e);
    } finally {
      close();
    }
  }

  private boolean begin() {
    synchronized (lock) {
      isBusy = !isEnding;
      return isBusy;
    }
  }

  private boolean end() {
    synchronized (lock) {
      isBusy = false;
      return !isEnding;
    }
  }

  private void refuseLine(String sentence) {
    try {
      send(JsonRpc.error(NullNode.getInstance(), JsonRpc.INVALID_REQUEST, sentence));
    } catch (IOException e) {
      LOG.debug("A command went away", e);
    }
  }

  private void answer(byte[] line) throws IOException {
    JsonNode request;
    try {
      request = JsonRpc.parse(line);
    } catch (IOException e) {
      send(JsonRpc.error(NullNode.getInstance(), JsonRpc.PARSE_ERROR, "this is not JSON"));
      return;
    }
    if (!JsonRpc.isRequest(request)) {
      refuseLine("this is not a JSON-RPC 2.0 request with parameters by name");
      return;
    }
    ObjectNode answer = answer(request);
    if (request.has("id")) {
      send(answer);
    }
  }

  private ObjectNode answer(JsonNode request) {
    JsonNode id = request.path("id").isMissingNode() ? NullNode.getInstance() : request.get("id");
    String name = request.get("method").asText();
    ControlMethod method = methods.get(name);
    if (method == null) {
      return JsonRpc.error(id, JsonRpc.METHOD_NOT_FOUND, "this daemon knows no '" + name + "'");
    }
    Parameters parameters = new Parameters(request.path("params"));
    try {
      return JsonRpc.result(id, call(id, method, parameters));
    } catch (ControlException e) {
      return JsonRpc.error(id, e.status().number(), e.getMessage());
    } catch (RuntimeException | AssertionError e) {
      LOG.error("'{}' failed: this is a fault of Pando", name, e);
      return JsonRpc.error(
          id,
          ExitStatus.FAILED.number(),
          "'" + name + "' failed by a fault of Pando; the daemon's log says more");
    }
  }

  private JsonNode call(JsonNode id, ControlMethod method, Parameters parameters)
      throws ControlException {
    if (method.pace() == ControlMethod.Pace.QUICK) {
      return method.body().call(parameters, Progress.IGNORED);
    }
    Signs signs = new Signs(id);
    signs.start();
    try {
      return method.body().call(parameters, signs);
    } finally {
      signs.stop();
    }
  }

  private void send(ObjectNode message) throws IOException {
    writing.lock();
    try {
      lines.write(JsonRpc.line(message), WRITE_LIMIT);
    } finally {
      writing.unlock();
    }
  }

  /** Closes now if no request is being worked on, else after its answer. */
  void closeWhenIdle() {
    synchronized (lock) {
      isEnding = true;
      if (isBusy) {
        return;
      }
    }
    close();
  }

  void close() {
    try {
      lines.close();
    } catch (IOException e) {
      LOG.debug("A connection did not close", e);
    }
  }

  /** The signs of life of one long call, sent by the heartbeat's thread until it is stopped. */
  private final class Signs implements Progress, Runnable {
    private final JsonNode id;
    private volatile long doneBytes;
    private volatile long totalBytes;
    private volatile boolean isGone;
    private ScheduledFuture<?> schedule; // guarded by writing
    private boolean isStopped; // guarded by writing

    Signs(JsonNode id) {
      this.id = id;
    }

    void start() {
      writing.lock();
      try {
        schedule =
            heartbeat.scheduleWithFixedDelay(
                this, HEARTBEAT_MILLIS, HEARTBEAT_MILLIS, TimeUnit.MILLISECONDS);
      } finally {
        writing.unlock();
      }
    }

    @Override
    public void report(long done, long total) {
      totalBytes = total;
      doneBytes = done;
    }

    @Override
    public boolean isAwaited() {
      return !isGone;
    }

    @Override
    public void run() {
      ObjectNode sign = JsonRpc.object();
      sign.set("id", id);
      if (totalBytes > 0) {
        sign.put("doneBytes", doneBytes).put("totalBytes", totalBytes);
      }
      if (!writing.tryLock()) {
        return;
      }
      try {
        if (!isStopped) {
          lines.offer(JsonRpc.line(JsonRpc.notification(JsonRpc.PROGRESS, sign)));
        }
      } catch (IOException e) {
        LOG.debug("A command went away during its call", e);
        isGone = true;
        stop();
      } finally {
        writing.unlock();
      }
    }

    void stop() {
      writing.lock();
      try {
        schedule.cancel(false);
        isStopped = true;
      } finally {
        writing.unlock();
      }
    }
  }
}
