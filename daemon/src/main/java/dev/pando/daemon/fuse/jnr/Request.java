package dev.pando.daemon.fuse.jnr;

import dev.pando.daemon.fuse.Linux;
import dev.pando.daemon.fuse.Privileges;
import dev.pando.daemon.fuse.wire.InHeader;
import dev.pando.daemon.fuse.wire.Opcode;
import dev.pando.daemon.fuse.wire.Protocol;
import dev.pando.daemon.fuse.wire.ReadIn;
import dev.pando.daemon.fuse.wire.RenameIn;
import dev.pando.daemon.fuse.wire.WriteIn;
import dev.pando.daemon.tree.AttributeChange;
import dev.pando.daemon.tree.Attributes;
import dev.pando.daemon.tree.Caller;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The request that a thread has libfuse execute, as it came from the kernel, and buffers for its
 * answer. The operations libfuse calls on the way look here for what it does not tell them. Belongs
 * to one thread.
 */
final class Request {
  private static final ThreadLocal<Request> CURRENT = new ThreadLocal<>();

  final Attributes attributes = new Attributes();
  final AttributeChange change = new AttributeChange();
  final Privileges privileges;
  final StatBuffer stat = new StatBuffer();

  private final ByteBuffer buffer;
  private final InHeader header;
  private final ReadIn read;
  private final WriteIn write;
  private int lengthBytes;

  private Request(Privileges privileges, int bufferBytes) {
    this.privileges = privileges;
    this.buffer = ByteBuffer.allocateDirect(bufferBytes).order(ByteOrder.nativeOrder());
    this.header = new InHeader(buffer, 0);
    this.read = new ReadIn(buffer, InHeader.BYTES);
    this.write = new WriteIn(buffer, InHeader.BYTES);
  }

  /** Makes the one of this thread, with room for the largest request. */
  static Request ofThisThread(Privileges privileges, int bufferBytes) {
    Request request = new Request(privileges, bufferBytes);
    CURRENT.set(request);
    return request;
  }

  /** The request this thread is at. */
  static Request current() {
    return CURRENT.get();
  }

  long address() {
    return Linux.addressOf(buffer);
  }

  int bufferBytes() {
    return buffer.capacity();
  }

  /** A request of {@code bytes} has come. */
  void received(int bytes) {
    lengthBytes = bytes;
  }

  /** There is no request any more; libfuse may still call, to clean up. */
  void none() {
    lengthBytes = 0;
  }

  Opcode opcode() {
    return lengthBytes < InHeader.BYTES ? Opcode.UNKNOWN : Opcode.of(header.opcode());
  }

  /** Who asks. The kernel has applied the umask. */
  Caller caller() {
    return new Caller(header.userId(), header.groupId(), header.processId(), 0);
  }

  /** Whether this WRITE is by someone who may not keep a file's privileges. */
  boolean takesPrivileges() {
    return (write.writeFlags() & Protocol.WRITE_KILL_SUIDGID) != 0;
  }

  /** Whether this READDIR is to move the time of access. */
  boolean countsAsAccess() {
    return (read.flags() & Linux.O_NOATIME) == 0;
  }

  /** Whether this RENAME is one to {@code name}. */
  boolean renamesTo(byte[] name) {
    int oldNameAt = InHeader.BYTES + RenameIn.BYTES;
    byte[] names = new byte[Math.max(0, lengthBytes - oldNameAt)];
    buffer.get(oldNameAt, names);
    int end = 0;
    while (end < names.length && names[end] != 0) {
      end++;
    }
    int from = end + 1;
    int to = from + name.length;
    return to < names.length
        && names[to] == 0
        && Arrays.equals(names, from, to, name, 0, name.length);
  }
}
