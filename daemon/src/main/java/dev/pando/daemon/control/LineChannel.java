package dev.pando.daemon.control;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Optional;

/**
 * Lines over a socket, each way bounded in length and in time. One thread may read while another
 * writes only in this sense: whoever uses it sees to it that the two do not overlap.
 */
final class LineChannel implements Closeable {
  private final SocketChannel channel;
  private final Selector selector;
  private final SelectionKey key;
  private final int maxLineBytes;
  private final ByteBuffer received = ByteBuffer.allocate(8192).limit(0);

  /** What is left of an offered line of which the socket took a part. */
  private ByteBuffer rest = ByteBuffer.allocate(0);

  /**
   * @param channel is closed with this, and if this throws
   * @param maxLineBytes the longest line that is read, without its end
   */
  LineChannel(SocketChannel channel, int maxLineBytes) throws IOException {
    this.channel = channel;
    this.maxLineBytes = maxLineBytes;
    Selector opened = null;
    try {
      channel.configureBlocking(false);
      opened = Selector.open();
      key = channel.register(opened, 0);
      selector = opened;
    } catch (IOException e) {
      channel.close();
      if (opened != null) {
        opened.close();
      }
      throw e;
    }
  }

  /**
   * Reads a line without its end; nothing if the other side has closed.
   *
   * @throws SocketTimeoutException if it is not whole within {@code limit}
   * @throws LineTooLongException if it is longer than allowed
   */
  Optional<byte[]> readLine(Duration limit) throws IOException {
    long deadline = System.nanoTime() + limit.toNanos();
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    while (true) {
      while (received.hasRemaining()) {
        byte b = received.get();
        if (b == '\n') {
          return Optional.of(line.toByteArray());
        }
        if (line.size() == maxLineBytes) {
          throw new LineTooLongException(maxLineBytes);
        }
        line.write(b);
      }
      received.clear();
      int count = channel.read(received);
      received.flip();
      if (count < 0) {
        return Optional.empty();
      }
      if (count == 0) {
        await(SelectionKey.OP_READ, deadline);
      }
    }
  }

  /**
   * Writes {@code line}, which has its end.
   *
   * @throws SocketTimeoutException if the other side does not take it within {@code limit}; then
   *     part of it may have been written
   */
  void write(byte[] line, Duration limit) throws IOException {
    long deadline = System.nanoTime() + limit.toNanos();
    write(rest, deadline);
    write(ByteBuffer.wrap(line), deadline);
  }

  private void write(ByteBuffer bytes, long deadline) throws IOException {
    while (bytes.hasRemaining()) {
      if (channel.write(bytes) == 0) {
        await(SelectionKey.OP_WRITE, deadline);
      }
    }
  }

  /**
   * Writes {@code line}, which has its end, if the socket has room for it now; never waits. Of a
   * line that fits in part, the rest is written before whatever comes next.
   *
   * @return whether the line is sent; if not, it is dropped
   */
  boolean offer(byte[] line) throws IOException {
    channel.write(rest);
    if (rest.hasRemaining()) {
      return false;
    }
    ByteBuffer bytes = ByteBuffer.wrap(line);
    if (channel.write(bytes) == 0) {
      return false;
    }
    rest = bytes;
    return true;
  }

  private void await(int operation, long deadline) throws IOException {
    long millis = (deadline - System.nanoTime() + 999_999) / 1_000_000;
    if (millis <= 0) {
      throw new SocketTimeoutException("the other side took too long");
    }
    try {
      key.interestOps(operation);
      selector.select(millis);
      selector.selectedKeys().clear();
    } catch (CancelledKeyException | ClosedSelectorException e) {
      throw new ClosedChannelException();
    }
    if (Thread.currentThread().isInterrupted()) {
      throw new IOException("interrupted");
    }
  }

  @Override
  public void close() throws IOException {
    try {
      channel.close();
    } finally {
      selector.close();
    }
  }

  /** A line is longer than allowed. */
  static final class LineTooLongException extends IOException {
    private static final long serialVersionUID = 1L;

    LineTooLongException(int maxLineBytes) {
      super("a message is longer than " + maxLineBytes + " bytes");
    }
  }
}
