package dev.pando.daemon.fuse.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.pando.daemon.fuse.CachePolicy;
import dev.pando.daemon.fuse.Eventually;
import dev.pando.daemon.fuse.FaultLog;
import dev.pando.daemon.fuse.LastResort;
import dev.pando.daemon.fuse.Linux;
import dev.pando.daemon.fuse.OpenFiles;
import dev.pando.daemon.fuse.wire.Opcode;
import dev.pando.daemon.tree.FileSystem;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Set;
import jnr.ffi.LibraryLoader;
import jnr.ffi.annotations.In;
import jnr.ffi.annotations.Out;

/**
 * The other side of a worker's device: a socket that, like {@code /dev/fuse}, gives one whole
 * request a read and takes one whole reply a write. It can ask what the real kernel never would.
 */
final class FakeKernel implements AutoCloseable {
  /** The calls that the transport itself does not need. */
  public interface LibC {
    int socketpair(int domain, int type, int protocol, @Out int[] descriptors);

    int setsockopt(int fd, int level, int option, @In int[] value, int lengthBytes);
  }

  /** The largest reply, and room. */
  private static final int BUFFER_BYTES = (1 << 20) + (1 << 16);

  private static final int SOL_SOCKET = 1;
  private static final int SO_SNDBUFFORCE = 32;
  private static final int AF_UNIX = 1;
  private static final int SOCK_SEQPACKET = 5;
  private static final int HEADER_BYTES = 40;
  private static final LibC LIBC = LibraryLoader.create(LibC.class).load("c");

  private final ByteBuffer buffer =
      ByteBuffer.allocateDirect(BUFFER_BYTES).order(ByteOrder.nativeOrder());
  private final long address = Linux.addressOf(buffer);
  private final int fd;
  private final MountMemory slots;
  private final Connection connection;
  private final OpenFiles openFiles = new OpenFiles();
  private final FaultLog faults = new FaultLog();
  private long lastUnique;

  /** Starts one worker that serves {@code fileSystem}. */
  FakeKernel(FileSystem fileSystem, int parkingPlaces) throws IOException {
    int[] ends = new int[2];
    assertEquals(0, LIBC.socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends));
    fd = ends[0];
    for (int end : ends) {
      // without root it stays small, and large messages are refused
      int unused =
          LIBC.setsockopt(end, SOL_SOCKET, SO_SNDBUFFORCE, new int[] {2 * BUFFER_BYTES}, 4);
    }
    Device device = new Device(ends[1]);
    slots = MountMemory.create(1, parkingPlaces);
    connection = new Connection(List.of(device), slots, openFiles);
    ParkingLot parking = new ParkingLot(connection, slots, parkingPlaces);
    Session session =
        new Session(
            fileSystem,
            openFiles,
            new OpenTable(slots),
            connection,
            parking,
            new SpaceQueue(parking, faults, LastResort.NONE),
            CachePolicy.NONE,
            new Answers(),
            faults,
            LastResort.NONE);
    connection.enter();
    new Thread(new Worker(session, device, new Slot(slots, 0, device.fd())), "worker").start();
  }

  OpenFiles openFiles() {
    return openFiles;
  }

  MountMemory slots() {
    return slots;
  }

  Connection connection() {
    return connection;
  }

  /** A reply as it came. */
  record Answer(int lengthBytes, int error, long unique) {}

  /** Sends a request with this body and returns its number. */
  long ask(Opcode opcode, long node, byte[] body) {
    return ask(opcode.number(), HEADER_BYTES + body.length, node, body);
  }

  /** The same with an opcode and a length as they please. */
  long ask(int opcode, int lengthBytes, long node, byte[] body) {
    lastUnique += 2;
    buffer.putInt(0, lengthBytes).putInt(4, opcode).putLong(8, lastUnique).putLong(16, node);
    buffer.putLong(24, 0).putLong(32, 0);
    buffer.put(HEADER_BYTES, body);
    int bytes = HEADER_BYTES + body.length;
    assertEquals(bytes, Linux.LIBC.write(fd, address, bytes));
    return lastUnique;
  }

  /** A number that no request had. */
  long nextUnique() {
    lastUnique += 2;
    return lastUnique;
  }

  /** Sends bytes that may be a request. */
  void send(byte[] request) {
    buffer.put(0, request);
    assertEquals(request.length, Linux.LIBC.write(fd, address, request.length));
  }

  /** What requests ran into that was a fault of ours. */
  Set<String> faults() {
    return faults.kinds();
  }

  /** Waits for a reply. */
  Answer answer() {
    long bytes = Linux.LIBC.read(fd, address, buffer.capacity());
    assertEquals(bytes, buffer.getInt(0), "a reply is as long as it says");
    return new Answer(buffer.getInt(0), buffer.getInt(4), buffer.getLong(8));
  }

  /** The body's integer at this offset of the last reply. */
  int bodyInt(int offset) {
    return buffer.getInt(16 + offset);
  }

  /** The body's long integer at this offset of the last reply. */
  long bodyLong(int offset) {
    return buffer.getLong(16 + offset);
  }

  /** A request's body, made of 32 and 64 bit integers. */
  static byte[] body(Object... fields) {
    ByteBuffer body = ByteBuffer.allocate(1 << 14).order(ByteOrder.nativeOrder());
    for (Object field : fields) {
      if (field instanceof Integer number) {
        body.putInt(number);
      } else if (field instanceof Long number) {
        body.putLong(number);
      } else {
        body.put((byte[]) field);
      }
    }
    byte[] bytes = new byte[body.position()];
    body.get(0, bytes);
    return bytes;
  }

  /** Hangs up and waits until everything was given back. */
  @Override
  public void close() {
    Linux.LIBC.close(fd);
    Eventually.await("the end of the connection", connection::hasEnded);
  }
}
