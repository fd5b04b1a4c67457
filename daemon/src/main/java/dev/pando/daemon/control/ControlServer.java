package dev.pando.daemon.control;

import java.io.Closeable;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers calls on a Unix domain socket, of its own user and of root. A thread serves each
 * connection, up to {@link #MAX_CONNECTIONS}; whoever comes beyond is told that the daemon is busy.
 * Thread-safe.
 */
public final class ControlServer implements Closeable {
  /** So many connections are served at once. */
  public static final int MAX_CONNECTIONS = 32;

  /** The longest request, in bytes. */
  public static final int MAX_REQUEST_BYTES = 1 << 20;

  /** What the kernel has room for: sun_path of unix(7), less a final NUL. */
  private static final int MAX_SOCKET_PATH_BYTES = 107;

  private static final int BACKLOG = 64;

  private static final Logger LOG = LoggerFactory.getLogger(ControlServer.class);

  private final Path socket;
  private final Map<String, ControlMethod> methods;
  private final ServerSocketChannel listener;
  private final PeerUsers peers;
  private final ThreadPoolExecutor threads;
  private final ScheduledExecutorService heartbeat;
  private final Set<Connection> connections = ConcurrentHashMap.newKeySet();

  private ControlServer(
      Path socket,
      Map<String, ControlMethod> methods,
      ServerSocketChannel listener,
      PeerUsers peers) {
    this.socket = socket;
    this.methods = Map.copyOf(methods);
    this.listener = listener;
    this.peers = peers;
    AtomicInteger number = new AtomicInteger();
    this.threads =
        new ThreadPoolExecutor(
            0,
            MAX_CONNECTIONS,
            10,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            work -> daemon(work, "control-" + number.incrementAndGet()));
    this.heartbeat =
        Executors.newSingleThreadScheduledExecutor(work -> daemon(work, "control-heartbeat"));
  }

  private static Thread daemon(Runnable work, String name) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    return thread;
  }

  /**
   * Opens {@code socket} for its owner alone and answers from now on. A socket file that a crash
   * left there is replaced.
   *
   * @param methods by name
   * @throws IOException if the socket can not be made there, for instance because its path is
   *     longer than the 107 bytes the kernel has room for
   */
  public static ControlServer open(Path socket, Map<String, ControlMethod> methods)
      throws IOException {
    if (socket.toString().getBytes(StandardCharsets.UTF_8).length > MAX_SOCKET_PATH_BYTES) {
      throw new IOException("the path of the socket is too long: " + socket);
    }
    PeerUsers peers = PeerUsers.ownAndRoot();
    Files.deleteIfExists(socket);
    ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      listener.bind(UnixDomainSocketAddress.of(socket), BACKLOG);
      Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-------"));
    } catch (IOException e) {
      listener.close();
      throw e;
    }
    ControlServer server = new ControlServer(socket, methods, listener, peers);
    daemon(server::accept, "control-accept").start();
    return server;
  }

  private void accept() {
    while (listener.isOpen()) {
      try {
        serve(listener.accept());
      } catch (ClosedChannelException closed) {
        return;
      } catch (IOException e) {
        LOG.warn("A command could not connect: {}", e.toString());
        // Out of descriptors, most likely: that does not pass within microseconds.
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
      }
    }
  }

  private void serve(SocketChannel channel) throws IOException {
    if (!peers.admit(channel)) {
      LOG.warn("A command of another user was turned away");
      channel.close();
      return;
    }
    Connection connection = new Connection(channel, methods, heartbeat);
    connections.add(connection);
    try {
      threads.execute(
          () -> {
            try {
              connection.serve();
            } finally {
              connections.remove(connection);
            }
          });
    } catch (RejectedExecutionException full) {
      connections.remove(connection);
      connection.refuse();
    }
  }

  /** Takes no new connections, ends those that wait for a request, and lets calls end. */
  @Override
  public void close() throws IOException {
    listener.close();
    Files.deleteIfExists(socket);
    threads.shutdown();
    connections.forEach(Connection::closeWhenIdle);
    try {
      if (!threads.awaitTermination(1, TimeUnit.SECONDS)) {
        connections.forEach(Connection::close);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    heartbeat.shutdownNow();
  }
}
