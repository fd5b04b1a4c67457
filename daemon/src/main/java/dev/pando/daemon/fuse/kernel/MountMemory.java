package dev.pando.daemon.fuse.kernel;

import dev.pando.daemon.fuse.Linux;
import dev.pando.daemon.fuse.wire.OutHeader;
import dev.pando.daemon.fuse.wire.Protocol;
import java.io.IOException;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * What of a mount is to outlive the daemon: the requests under way, what is open, and what the
 * kernel is owed. It lies in one memfd, which the keeper holds too; not in a file on a disk, for a
 * process that is being killed takes no fault, and the request that the kernel was copying into
 * such a page would fail.
 *
 * <pre>
 *   header        0  u8   'k' once the keeper holds this memory
 *                 1  u8   the keeper's answer to the word "restart": 'y' or 'n'; 0: none yet
 *                 8  u64  what it is, and its version: "PandoMM1"
 *                16  u32  how many full slots
 *                20  u32  how many small slots
 *                24  u32  the minor number of the mount's device; 0 before it is mounted
 *                28  u32  length of the mount point's path
 *                32       the path, in UTF-8
 *   full slot     0  u32  the fd the request is read from
 *                 4  u32  how often its execution was begun by daemons that took over
 *                 8  u64  receipt: the record that the request became; 0: none, -1: executed
 *                16  u64  what it made: a node, or a number of bytes
 *              4016  the request: struct fuse_in_header, then its body
 *              4096  where the data of a WRITE come to lie, on a page of their own
 *     + 1 MiB  4080  the reply: struct fuse_out_header
 *              4096  the body of the reply, such as the data of a READ
 *   small slot    0  the request: struct fuse_in_header, then 40 bytes of its body
 *                80  the reply: struct fuse_out_header, then 8 bytes of body
 *               104  u32  the fd the request was read from
 *               108  i32  the bytes that a WRITE wrote, which has been executed; -1: no WRITE;
 *                         -2: one that was not, for want of space
 *   open table        see {@link OpenTable}
 *   owed notices      see {@link OwedNotices}
 * </pre>
 *
 * <p>A slot holds a request that is to be answered if the {@code unique} in its header is not 0. It
 * is made 0 before the next request is read, and the last thing written where a request is copied.
 */
final class MountMemory {
  static final int PAGE_BYTES = 4096;

  /** Enough for every header of 40 bytes with 40 bytes of body, as WRITE has. */
  static final int SMALL_REQUEST_BYTES = 80;

  static final int REQUEST_AT = PAGE_BYTES - SMALL_REQUEST_BYTES;
  static final int REQUEST_BYTES = SMALL_REQUEST_BYTES + Protocol.MAX_PAYLOAD_BYTES;
  static final int AREA_BYTES = PAGE_BYTES + Protocol.MAX_PAYLOAD_BYTES;
  static final int REPLY_AT = AREA_BYTES + PAGE_BYTES - OutHeader.BYTES;
  static final int FULL_SLOT_BYTES = 2 * AREA_BYTES;

  static final int TRIES_AT = 4;
  static final int RECEIPT_AT = 8;
  static final int RESULT_AT = 16;

  static final int SMALL_REPLY_AT = SMALL_REQUEST_BYTES;
  static final int SMALL_FD_AT = 104;
  static final int SMALL_WRITTEN_AT = 108;
  static final int SMALL_SLOT_BYTES = 128;

  /** Where in a request its {@code unique} is. */
  static final int UNIQUE_AT = 8;

  private static final byte HELD = 'k';
  private static final int MAGIC_AT = 8;
  private static final long MAGIC = 0x50616e646f4d4d31L; // "PandoMM1"
  private static final int FULL_SLOTS_AT = 16;
  private static final int SMALL_SLOTS_AT = 20;
  private static final int MINOR_AT = 24;
  private static final int PATH_BYTES_AT = 28;
  private static final int PATH_AT = 32;
  private static final int HEADER_BYTES = PAGE_BYTES;

  private final int fd;
  private final ByteBuffer memory;
  private final long address;
  private final int fullSlots;
  private final int smallSlots;

  private MountMemory(int fd, ByteBuffer memory, int fullSlots, int smallSlots) {
    this.fd = fd;
    this.memory = memory;
    this.address = Linux.addressOf(memory);
    this.fullSlots = fullSlots;
    this.smallSlots = smallSlots;
  }

  /**
   * Makes the memory: all slots empty, nothing open, nothing owed.
   *
   * @param fullSlots how many, at most 256
   * @param smallSlots how many, at most 65,536
   */
  static MountMemory create(int fullSlots, int smallSlots) throws IOException {
    int bytes = bytes(fullSlots, smallSlots);
    int fd = Linux.LIBC.memfd_create("pando-mount", Linux.MFD_CLOEXEC);
    if (fd < 0) {
      throw new IOException("memfd_create: errno " + Linux.errno());
    }
    try {
      if (Linux.LIBC.ftruncate(fd, bytes) < 0) {
        throw new IOException("ftruncate of " + bytes + " bytes: errno " + Linux.errno());
      }
      ByteBuffer memory = map(fd, bytes);
      memory.putInt(FULL_SLOTS_AT, fullSlots);
      memory.putInt(SMALL_SLOTS_AT, smallSlots);
      memory.putLong(MAGIC_AT, MAGIC);
      MountMemory made = new MountMemory(fd, memory, fullSlots, smallSlots);
      made.touch();
      return made;
    } catch (IOException failed) {
      Linux.LIBC.close(fd);
      throw failed;
    }
  }

  /**
   * The memory of an earlier daemon, as it left it.
   *
   * @param fd inherited from the keeper
   * @throws IOException if it is none, or of a version that this program does not know
   */
  static MountMemory inherited(int fd) throws IOException {
    ByteBuffer header = check(fd);
    int fullSlots = header.getInt(FULL_SLOTS_AT);
    int smallSlots = header.getInt(SMALL_SLOTS_AT);
    ByteBuffer memory = map(fd, bytes(fullSlots, smallSlots));
    MountMemory inherited = new MountMemory(fd, memory, fullSlots, smallSlots);
    inherited.touch();
    return inherited;
  }

  /**
   * The beginning of such a memory.
   *
   * @throws IOException as {@link #inherited}
   */
  static ByteBuffer check(int fd) throws IOException {
    ByteBuffer header = map(fd, HEADER_BYTES);
    if (header.getLong(MAGIC_AT) != MAGIC) {
      throw new IOException("what the keeper holds is of another version of Pando");
    }
    return header;
  }

  private static int bytes(int fullSlots, int smallSlots) {
    int slots =
        Math.addExact(
            Math.multiplyExact(fullSlots, FULL_SLOT_BYTES),
            Math.multiplyExact(smallSlots, SMALL_SLOT_BYTES));
    return Math.addExact(HEADER_BYTES + slots, OpenTable.BYTES + OwedNotices.BYTES);
  }

  private static ByteBuffer map(int fd, int bytes) throws IOException {
    Path path = Path.of("/proc/self/fd/" + fd);
    try (FileChannel channel =
        FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      return channel.map(FileChannel.MapMode.READ_WRITE, 0, bytes).order(ByteOrder.nativeOrder());
    }
  }

  /**
   * Gives every page that a request can come to lie in its memory now, and leaves what is there. It
   * is locked there where this user may lock so much: swapped out, it would have to be faulted in.
   */
  private void touch() {
    int unused = Linux.LIBC.mlock(address, smallSlotAt(smallSlots));
    touch(0);
    for (int slot = 0; slot < fullSlots; slot++) {
      int base = fullSlotAt(slot);
      for (int page = 0; page <= AREA_BYTES; page += PAGE_BYTES) {
        touch(base + page);
      }
    }
    for (int at = smallSlotAt(0); at < smallSlotAt(smallSlots); at += PAGE_BYTES) {
      touch(at);
    }
  }

  private void touch(int at) {
    memory.put(at, memory.get(at));
  }

  int fd() {
    return fd;
  }

  ByteBuffer buffer() {
    return memory;
  }

  /** The native address of the byte at {@code position}. */
  long addressAt(int position) {
    return address + position;
  }

  /** Whether the keeper has it too. */
  boolean isHeld() {
    VarHandle.acquireFence();
    return memory.get(0) == HELD;
  }

  /** What is mounted, and where. */
  void mounted(int minor, Path mountpoint) {
    byte[] path = mountpoint.toString().getBytes(StandardCharsets.UTF_8);
    if (path.length > HEADER_BYTES - PATH_AT) {
      throw new IllegalArgumentException("a path of " + path.length + " bytes");
    }
    memory.put(PATH_AT, path);
    memory.putInt(PATH_BYTES_AT, path.length);
    memory.putInt(MINOR_AT, minor);
  }

  int deviceMinor() {
    return memory.getInt(MINOR_AT);
  }

  Path mountpoint() {
    byte[] path = new byte[memory.getInt(PATH_BYTES_AT)];
    memory.get(PATH_AT, path);
    return Path.of(new String(path, StandardCharsets.UTF_8));
  }

  int fullSlots() {
    return fullSlots;
  }

  int smallSlots() {
    return smallSlots;
  }

  /** Where the full slot with this index begins. */
  int fullSlotAt(int index) {
    return HEADER_BYTES + index * FULL_SLOT_BYTES;
  }

  /** Where the small slot with this index begins. */
  int smallSlotAt(int index) {
    return HEADER_BYTES + fullSlots * FULL_SLOT_BYTES + index * SMALL_SLOT_BYTES;
  }

  /** Where the open table begins. */
  int openTableAt() {
    return smallSlotAt(smallSlots);
  }

  /** Where the owed notices begin. */
  int owedNoticesAt() {
    return openTableAt() + OpenTable.BYTES;
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
