package dev.pando.daemon.fuse.kernel;

import dev.pando.daemon.fuse.Linux;
import dev.pando.daemon.fuse.wire.OutHeader;
import dev.pando.daemon.fuse.wire.Protocol;
import java.io.IOException;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The memory that requests are read into and replies are written from: one memfd, which another
 * process may hold, so that requests under way outlive this one. It consists of full slots, one for
 * each worker, and after them the small slots of parked requests.
 *
 * <pre>
 *   full slot     0  u32  the fd the request is read from
 *              4016  the request: struct fuse_in_header, then its body
 *              4096  where the data of a WRITE come to lie, on a page of their own
 *     + 1 MiB  4080  the reply: struct fuse_out_header
 *              4096  the body of the reply, such as the data of a READ
 *   small slot    0  the request: struct fuse_in_header, then 40 bytes of its body
 *                80  the reply: struct fuse_out_header, then 8 bytes of body
 *               104  u32  the fd the request was read from
 * </pre>
 *
 * <p>A slot holds a request that is to be answered if the {@code unique} in its header is not 0. It
 * is made 0 before the next request is read, and the last thing written where a request is copied.
 */
final class SlotMemory {
  static final int PAGE_BYTES = 4096;

  /** Enough for every header of 40 bytes with 40 bytes of body, as WRITE has. */
  static final int SMALL_REQUEST_BYTES = 80;

  static final int REQUEST_AT = PAGE_BYTES - SMALL_REQUEST_BYTES;
  static final int REQUEST_BYTES = SMALL_REQUEST_BYTES + Protocol.MAX_PAYLOAD_BYTES;
  static final int AREA_BYTES = PAGE_BYTES + Protocol.MAX_PAYLOAD_BYTES;
  static final int REPLY_AT = AREA_BYTES + PAGE_BYTES - OutHeader.BYTES;
  static final int FULL_SLOT_BYTES = 2 * AREA_BYTES;

  static final int SMALL_REPLY_AT = SMALL_REQUEST_BYTES;
  static final int SMALL_FD_AT = 104;
  static final int SMALL_SLOT_BYTES = 128;

  /** Where in a request its {@code unique} is. */
  static final int UNIQUE_AT = 8;

  private final int fd;
  private final ByteBuffer memory;
  private final long address;
  private final int fullSlots;

  private SlotMemory(int fd, ByteBuffer memory, int fullSlots) {
    this.fd = fd;
    this.memory = memory;
    this.address = Linux.addressOf(memory);
    this.fullSlots = fullSlots;
  }

  /**
   * Makes the memory, all slots empty.
   *
   * @param fullSlots how many, at most 256
   * @param smallSlots how many, at most 65,536
   */
  static SlotMemory create(int fullSlots, int smallSlots) throws IOException {
    int bytes =
        Math.addExact(
            Math.multiplyExact(fullSlots, FULL_SLOT_BYTES),
            Math.multiplyExact(smallSlots, SMALL_SLOT_BYTES));
    int fd = Linux.LIBC.memfd_create("pando-slots", Linux.MFD_CLOEXEC);
    if (fd < 0) {
      throw new IOException("memfd_create: errno " + Linux.errno());
    }
    try {
      if (Linux.LIBC.ftruncate(fd, bytes) < 0) {
        throw new IOException("ftruncate of " + bytes + " bytes: errno " + Linux.errno());
      }
      SlotMemory slots = new SlotMemory(fd, map(fd, bytes), fullSlots);
      slots.touch(bytes);
      return slots;
    } catch (IOException failed) {
      Linux.LIBC.close(fd);
      throw failed;
    }
  }

  private static ByteBuffer map(int fd, int bytes) throws IOException {
    Path path = Path.of("/proc/self/fd/" + fd);
    try (FileChannel channel =
        FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      return channel.map(FileChannel.MapMode.READ_WRITE, 0, bytes).order(ByteOrder.nativeOrder());
    }
  }

  /**
   * Gives every page that a request can come to lie in its memory now: a process that is being
   * killed takes no fault, and the request it was reading would fail.
   */
  private void touch(int bytes) {
    for (int slot = 0; slot < fullSlots; slot++) {
      int base = slot * FULL_SLOT_BYTES;
      for (int page = 0; page <= AREA_BYTES; page += PAGE_BYTES) {
        memory.put(base + page, (byte) 0);
      }
    }
    for (int page = fullSlots * FULL_SLOT_BYTES; page < bytes; page += PAGE_BYTES) {
      memory.put(page, (byte) 0);
    }
  }

  ByteBuffer buffer() {
    return memory;
  }

  /** The native address of the byte at {@code position}. */
  long addressAt(int position) {
    return address + position;
  }

  /** Where the full slot with this index begins. */
  int fullSlotAt(int index) {
    return index * FULL_SLOT_BYTES;
  }

  /** Where the small slot with this index begins. */
  int smallSlotAt(int index) {
    return fullSlots * FULL_SLOT_BYTES + index * SMALL_SLOT_BYTES;
  }

  /** Copies the beginning of the request at {@code from} into the small slot at {@code to}. */
  void copyRequest(int from, int to) {
    for (int offset = 0; offset < SMALL_REQUEST_BYTES; offset += Long.BYTES) {
      if (offset != UNIQUE_AT) {
        memory.putLong(to + offset, memory.getLong(from + offset));
      }
    }
    VarHandle.releaseFence();
    memory.putLong(to + UNIQUE_AT, memory.getLong(from + UNIQUE_AT));
  }

  /** Gives up this process's descriptor; mappings stay as long as they are used. */
  void close() {
    Linux.LIBC.close(fd);
  }
}
