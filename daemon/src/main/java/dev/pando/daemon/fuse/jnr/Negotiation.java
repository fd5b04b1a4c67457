package dev.pando.daemon.fuse.jnr;

import dev.pando.daemon.fuse.Linux;
import dev.pando.daemon.fuse.wire.InHeader;
import dev.pando.daemon.fuse.wire.InitFlag;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jnr.ffi.Pointer;

/**
 * The first request, INIT. libfuse answers it, but takes only flags of its time; so its answer goes
 * into a memfd, is given the newer flags that ask nothing of libfuse, and goes on to the kernel.
 */
final class Negotiation {
  /** Cached pages go when the size or the time of modification is found to be another. */
  private static final int AUTO_INVAL_DATA = 1 << 12;

  private static final int ADDED =
      (int) (InitFlag.ASYNC_DIO.bit() | InitFlag.PARALLEL_DIROPS.bit()) | AUTO_INVAL_DATA;

  // struct fuse_in_header and fuse_init_in, struct fuse_out_header and fuse_init_out
  private static final int OFFERED_AT = InHeader.BYTES + 12;
  private static final int TAKEN_AT = 16 + 12;
  private static final int ERROR_AT = 4;

  /** The shortest INIT there is. */
  private static final int REQUEST_BYTES = InHeader.BYTES + 16;

  private final LibFuse2.Functions library;
  private final long session;
  private final long channel;

  Negotiation(LibFuse2.Functions library, long session, long channel) {
    this.library = library;
    this.session = session;
    this.channel = channel;
  }

  /**
   * Waits for INIT and answers it.
   *
   * @param receiving scratch memory of 8 bytes
   * @throws IOException if the kernel does not begin with INIT, or takes no answer
   */
  void conclude(Pointer receiving) throws IOException {
    int bufferBytes = (int) library.fuse_chan_bufsize(channel);
    ByteBuffer buffer = ByteBuffer.allocateDirect(bufferBytes).order(ByteOrder.nativeOrder());
    long address = Linux.addressOf(buffer);
    receiving.putAddress(0, channel);
    int bytes = library.fuse_chan_recv(receiving, address, bufferBytes);
    if (bytes < REQUEST_BYTES) {
      throw new IOException("the kernel ended the mount before it began");
    }
    int offered = buffer.getInt(OFFERED_AT);
    int reply = Linux.LIBC.memfd_create("pando-init", Linux.MFD_CLOEXEC);
    long replies = reply < 0 ? 0 : library.fuse_kern_chan_new(reply);
    if (replies == 0) {
      throw new IOException("no memory for the first reply");
    }
    try {
      library.fuse_session_process(session, address, bytes, replies);
      int again = Linux.LIBC.open("/proc/self/fd/" + reply, Linux.O_RDWR | Linux.O_CLOEXEC);
      int replyBytes = (int) Linux.LIBC.read(again, address, bufferBytes);
      Linux.LIBC.close(again);
      if (replyBytes > TAKEN_AT && buffer.getInt(ERROR_AT) == 0) {
        buffer.putInt(TAKEN_AT, buffer.getInt(TAKEN_AT) | (offered & ADDED));
      }
      if (Linux.LIBC.write(library.fuse_chan_fd(channel), address, replyBytes) != replyBytes) {
        throw new IOException("the kernel did not take the reply to INIT: errno " + Linux.errno());
      }
    } finally {
      library.fuse_chan_destroy(replies);
    }
  }
}
