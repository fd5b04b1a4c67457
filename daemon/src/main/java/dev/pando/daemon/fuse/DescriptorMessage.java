package dev.pando.daemon.fuse;

import dev.pando.daemon.tree.Errno;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.OptionalInt;

/**
 * A message over a Unix socket: bytes, and perhaps a descriptor (unix(7), SCM_RIGHTS). To be used
 * by one thread, for one message after the other. The layouts are those of 64-bit Linux,
 * bits/socket.h: all in one buffer, the headers before what they point to.
 */
final class DescriptorMessage {
  /** struct msghdr. */
  private static final int HEADER_BYTES = 56;

  private static final int HEADER_VECTOR = 16;
  private static final int HEADER_VECTOR_COUNT = 24;
  private static final int HEADER_CONTROL = 32;
  private static final int HEADER_CONTROL_BYTES = 40;

  /** struct iovec. */
  private static final int VECTOR = HEADER_BYTES;

  private static final int VECTOR_BYTES = 16;

  /** struct cmsghdr and one descriptor, CMSG_SPACE(sizeof(int)). */
  private static final int CONTROL = VECTOR + VECTOR_BYTES;

  private static final int CONTROL_BYTES = 24;
  private static final int CONTROL_LEVEL = CONTROL + 8;
  private static final int CONTROL_TYPE = CONTROL + 12;
  private static final int CONTROL_DATA = CONTROL + 16;

  /** CMSG_LEN(sizeof(int)): one descriptor is there. */
  private static final int ONE_DESCRIPTOR = 20;

  private static final int TEXT = CONTROL + CONTROL_BYTES;
  private static final int TEXT_BYTES = 1024;

  private final ByteBuffer memory =
      ByteBuffer.allocateDirect(TEXT + TEXT_BYTES).order(ByteOrder.nativeOrder());
  private final long address = Linux.addressOf(memory);
  private int textBytes;

  /**
   * Waits for the next message. A descriptor that comes is open from then on, and closing it is the
   * caller's; it does not outlive an exec.
   *
   * @return false if the other side has closed
   * @throws IOException if the socket can not be read
   */
  boolean receive(int socket) throws IOException {
    while (true) {
      prepare();
      long received = Linux.LIBC.recvmsg(socket, address, Linux.MSG_CMSG_CLOEXEC);
      if (received >= 0) {
        textBytes = (int) received;
        return received > 0;
      }
      int errno = Linux.errno();
      if (errno != Errno.EINTR) {
        throw new IOException("receiving a message failed: errno " + errno);
      }
    }
  }

  private void prepare() {
    for (int index = 0; index < TEXT; index += Long.BYTES) {
      memory.putLong(index, 0);
    }
    memory.putLong(HEADER_VECTOR, address + VECTOR);
    memory.putLong(HEADER_VECTOR_COUNT, 1);
    memory.putLong(HEADER_CONTROL, address + CONTROL);
    memory.putLong(HEADER_CONTROL_BYTES, CONTROL_BYTES);
    memory.putLong(VECTOR, address + TEXT);
    memory.putLong(VECTOR + Long.BYTES, TEXT_BYTES);
  }

  /** The descriptor that came with the last message. */
  OptionalInt descriptor() {
    boolean isThere =
        memory.getLong(CONTROL) == ONE_DESCRIPTOR
            && memory.getInt(CONTROL_LEVEL) == Linux.SOL_SOCKET
            && memory.getInt(CONTROL_TYPE) == Linux.SCM_RIGHTS;
    return isThere ? OptionalInt.of(memory.getInt(CONTROL_DATA)) : OptionalInt.empty();
  }

  /** The bytes of the last message. */
  byte[] text() {
    byte[] text = new byte[textBytes];
    memory.get(TEXT, text);
    return text;
  }
}
