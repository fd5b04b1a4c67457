package dev.pando.daemon.fuse.kernel;

import dev.pando.daemon.fuse.FuseDevice;
import dev.pando.daemon.fuse.Linux;
import dev.pando.daemon.fuse.MountException;
import dev.pando.daemon.fuse.MountException.Reason;
import dev.pando.daemon.fuse.wire.InHeader;
import dev.pando.daemon.fuse.wire.OutHeader;
import dev.pando.daemon.tree.Errno;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One door to the connection with the kernel: {@code /dev/fuse}, or a clone of it. A reply goes out
 * through the device its request came in by. Any number of threads may write; one reads.
 */
final class Device {
  private static final Logger LOG = LoggerFactory.getLogger(Device.class);

  /** What {@link #receive} returns when no request will come any more. */
  static final int ENDED = -1;

  /** What an interrupt's {@code unique} has beyond that of the request it is about. */
  private static final long INTERRUPT = 1;

  private final int fd;

  Device(int fd) {
    this.fd = fd;
  }

  /** Another door to the same connection; closing it is the caller's. */
  Device duplicate() throws MountException {
    return duplicate(FuseDevice.open());
  }

  /** As {@link #duplicate()}, by a descriptor of {@code /dev/fuse} that is no door yet. */
  Device duplicate(int fresh) throws MountException {
    Device clone = new Device(fresh);
    ByteBuffer argument = ByteBuffer.allocateDirect(Integer.BYTES).order(ByteOrder.nativeOrder());
    argument.putInt(0, fd);
    if (Linux.LIBC.ioctl(clone.fd(), Linux.FUSE_DEV_IOC_CLONE, Linux.addressOf(argument)) < 0) {
      int errno = Linux.errno();
      clone.close();
      throw new MountException(Reason.FAILED, "cloning " + FuseDevice.PATH + ": errno " + errno);
    }
    return clone;
  }

  void close() {
    Linux.LIBC.close(fd);
  }

  int fd() {
    return fd;
  }

  /**
   * Waits for a request and reads it.
   *
   * @param slot where to; its {@code unique} is 0 until the request is whole
   * @return the length of the request in bytes, or {@link #ENDED}
   */
  int receive(Slot slot) {
    while (true) {
      slot.clear();
      long bytes = Linux.LIBC.read(fd, slot.requestAddress(), MountMemory.REQUEST_BYTES);
      if (bytes >= InHeader.BYTES) {
        return (int) bytes;
      }
      if (bytes > 0) {
        continue; // without a whole header it is no request, and nobody waits for an answer
      }
      int errno = bytes == 0 ? Errno.ENODEV : Linux.errno();
      switch (errno) {
        case Errno.EINTR, Errno.EAGAIN, Errno.ENOENT -> {
          // a signal; nothing there after all; given up by its caller before it was delivered
        }
        case Errno.ENODEV, Errno.ECONNABORTED -> {
          return ENDED;
        }
        default -> {
          LOG.error("reading a request from /dev/fuse failed: errno {}", errno);
          return ENDED;
        }
      }
    }
  }

  /**
   * Whether the kernel waits for the answer to a request that was read from here: it takes a bare
   * reply to an interrupt for nothing but the question whether it knows the request.
   */
  boolean awaits(long unique) {
    ByteBuffer question = ByteBuffer.allocateDirect(OutHeader.BYTES).order(ByteOrder.nativeOrder());
    OutHeader header = new OutHeader(question, 0);
    header.lengthBytes(OutHeader.BYTES);
    header.error(0);
    header.unique(unique | INTERRUPT);
    return send(Linux.addressOf(question), OutHeader.BYTES) == 0;
  }

  /**
   * Sends a whole reply or notification.
   *
   * @return 0, or the errno: ENOENT when the kernel does not wait for it (any more)
   */
  int send(long address, int lengthBytes) {
    while (true) {
      if (Linux.LIBC.write(fd, address, lengthBytes) == lengthBytes) {
        return 0;
      }
      int errno = Linux.errno();
      if (errno != Errno.EINTR) {
        return errno;
      }
    }
  }
}
