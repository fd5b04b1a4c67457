package dev.pando.daemon.fuse;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import jnr.ffi.LibraryLoader;
import jnr.ffi.annotations.Encoding;
import jnr.ffi.types.ssize_t;
import jnr.ffi.types.uintptr_t;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DescriptorMessageTest {
  /** The other side. */
  public interface Sender {
    @ssize_t
    long sendmsg(int socket, @uintptr_t long headerAddress, int flags);

    int open(@Encoding("UTF-8") CharSequence path, int flags);
  }

  private static final Sender SENDER = LibraryLoader.create(Sender.class).load("c");

  @TempDir private Path directory;
  private final DescriptorMessage message = new DescriptorMessage();
  private int ours;
  private int theirs;

  @BeforeEach
  void connect() {
    ByteBuffer pair = ByteBuffer.allocateDirect(8).order(ByteOrder.nativeOrder());
    long address = Linux.addressOf(pair);
    assertEquals(0, Linux.LIBC.socketpair(Linux.AF_UNIX, Linux.SOCK_STREAM, 0, address));
    ours = pair.getInt(0);
    theirs = pair.getInt(4);
  }

  @AfterEach
  void close() {
    Linux.LIBC.close(ours);
    Linux.LIBC.close(theirs);
  }

  /** As sendmsg(2) and cmsg(3) have it: a byte, and a descriptor unless it is negative. */
  private void send(byte text, int descriptor) {
    ByteBuffer memory = ByteBuffer.allocateDirect(112).order(ByteOrder.nativeOrder());
    long start = Linux.addressOf(memory);
    memory.putLong(16, start + 56).putLong(24, 1); // msg_iov, msg_iovlen
    memory.putLong(56, start + 104).putLong(64, 1).put(104, text);
    if (descriptor >= 0) {
      memory.putLong(32, start + 72).putLong(40, 24); // msg_control, msg_controllen
      memory.putLong(72, 20).putInt(80, 1).putInt(84, 1).putInt(88, descriptor);
    }
    assertEquals(1, SENDER.sendmsg(theirs, start, 0));
  }

  @Test
  void aDescriptorThatIsPassedIsTheSameFile() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "content");
    int sent = SENDER.open(file.toString(), 0);
    send((byte) 0, sent);
    Linux.LIBC.close(sent);
    assertTrue(message.receive(ours));
    int received = message.descriptor().orElseThrow();
    assertEquals(file, Files.readSymbolicLink(Path.of("/proc/self/fd/" + received)));
    assertNotEquals(0, flagsOf(received) & 02000000, "it is closed by an exec");
    Linux.LIBC.close(received);
  }

  private static int flagsOf(int descriptor) throws IOException {
    String info = Files.readString(Path.of("/proc/self/fdinfo/" + descriptor));
    return Integer.parseInt(info.replaceFirst("(?s).*flags:\\s*(\\d+).*", "$1"), 8);
  }

  @Test
  void aMessageWithoutADescriptorIsItsText() throws IOException {
    send((byte) 'x', -1);
    assertTrue(message.receive(ours));
    assertEquals(OptionalInt.empty(), message.descriptor());
    assertArrayEquals(new byte[] {'x'}, message.text());
  }

  @Test
  void aDescriptorIsNotTakenForThatOfTheMessageBefore() throws IOException {
    send((byte) 0, ours);
    send((byte) 'x', -1);
    assertTrue(message.receive(ours));
    Linux.LIBC.close(message.descriptor().orElseThrow());
    assertTrue(message.receive(ours));
    assertEquals(OptionalInt.empty(), message.descriptor());
  }

  @Test
  void theEndIsTold() throws IOException {
    Linux.LIBC.close(theirs);
    assertFalse(message.receive(ours));
  }
}
