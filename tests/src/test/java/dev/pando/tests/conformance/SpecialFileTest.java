package dev.pando.tests.conformance;

import static dev.pando.daemon.tree.Errno.EACCES;
import static dev.pando.daemon.tree.Errno.EEXIST;
import static dev.pando.daemon.tree.Errno.EINVAL;
import static dev.pando.daemon.tree.Errno.EPERM;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** mknod(2): fifos, sockets and device nodes. */
final class SpecialFileTest extends VolumeTest {
  private static final int USER = 1234;

  SpecialFileTest(Volume volume) {
    super(volume);
  }

  @Test
  void aFifoCarriesData() {
    Posix.mknod(at("fifo"), Posix.S_IFIFO | 0640, 0);
    assertEquals(Posix.S_IFIFO | 0640, Posix.stat(at("fifo")).mode());
    CompletableFuture<String> reader =
        CompletableFuture.supplyAsync(
            () -> {
              int fd = Posix.open(at("fifo"), Posix.O_RDONLY);
              try {
                return new String(Posix.read(fd, 100), UTF_8);
              } finally {
                Posix.close(fd);
              }
            });
    int fd = Posix.open(at("fifo"), Posix.O_WRONLY);
    Posix.write(fd, Posix.bytes("through the fifo"));
    Posix.close(fd);
    assertEquals("through the fifo", reader.join());
    assertEquals(0, Posix.stat(at("fifo")).size());
  }

  @Test
  void aSocketIsBoundAndConnectedTo() throws IOException {
    Posix.mkdir(at("vm"), 0755);
    UnixDomainSocketAddress address = UnixDomainSocketAddress.of(at("vm/monitor.sock"));
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(address);
      assertEquals(Posix.S_IFSOCK, Posix.lstat(at("vm/monitor.sock")).type());
      try (SocketChannel client = SocketChannel.open(address);
          SocketChannel served = server.accept()) {
        client.write(ByteBuffer.wrap(Posix.bytes("hello")));
        ByteBuffer heard = ByteBuffer.allocate(16);
        served.read(heard);
        assertEquals("hello", new String(heard.array(), 0, heard.position(), UTF_8));
      }
    }
    // nobody listens any more, but the name stays
    assertThrows(ConnectException.class, () -> SocketChannel.open(address).close());
    try (ServerSocketChannel again = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      assertThrows(IOException.class, () -> again.bind(address));
    }
  }

  @Test
  void aSocketThatWasRenamedIsFoundUnderItsNewName() throws IOException {
    UnixDomainSocketAddress address = UnixDomainSocketAddress.of(at("sock"));
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(address);
      Posix.rename(at("sock"), at("renamed"));
      try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(at("renamed")))) {
        assertTrue(client.isConnected());
      }
    }
  }

  @Test
  void rootMakesDeviceNodesThatKeepTheirNumbers() {
    Posix.mknod(at("null"), Posix.S_IFCHR | 0666, 0x103);
    Posix.mknod(at("disk"), Posix.S_IFBLK | 0600, device(0x123, 0x45678));
    Posix.Stat character = Posix.stat(at("null"));
    assertEquals(Posix.S_IFCHR, character.type());
    assertEquals(1, character.deviceMajor());
    assertEquals(3, character.deviceMinor());
    Posix.Stat block = Posix.stat(at("disk"));
    assertEquals(Posix.S_IFBLK | 0600, block.mode());
    assertEquals(0x123, block.deviceMajor());
    assertEquals(0x45678, block.deviceMinor());
  }

  /** As makedev(3). */
  private static long device(long major, long minor) {
    return (major & 0xfff) << 8 | (minor & 0xff) | (minor & ~0xffL) << 12;
  }

  @Test
  void deviceNodesOfAPandoMountLeadToNoDevice() {
    Posix.mknod(at("null"), Posix.S_IFCHR | 0666, 0x103);
    if (volume().isPando()) {
      refused(EACCES, () -> Posix.open(at("null"), Posix.O_RDWR));
    } else {
      Posix.close(Posix.open(at("null"), Posix.O_RDWR));
    }
  }

  @Test
  void programsOfAPandoMountRunAsTheirCaller() throws IOException {
    shell("cp \"$(type -P id)\" id && chown %d id && chmod 4755 id".formatted(USER)).succeeded();
    int uid = Integer.parseInt(shell("./id -u").succeeded().out().strip());
    assertEquals(volume().isPando() ? 0 : USER, uid);
  }

  @Test
  void usersMakeNoDeviceNodes() {
    Posix.chmod(directory(), 0777);
    Posix.as(
        USER,
        USER,
        new int[0],
        () -> {
          refused(EPERM, () -> Posix.mknod(at("null"), Posix.S_IFCHR | 0666, 0x103));
          refused(EPERM, () -> Posix.mknod(at("disk"), Posix.S_IFBLK | 0666, 0x103));
          Posix.mknod(at("fifo"), Posix.S_IFIFO | 0644, 0);
          Posix.mknod(at("socket"), Posix.S_IFSOCK | 0644, 0);
        });
    assertEquals(USER, Posix.stat(at("fifo")).uid());
  }

  @Test
  void aRegularFileIsMadeByMknod() {
    Posix.mknod(at("file"), Posix.S_IFREG | 0640, 0);
    Posix.mknod(at("untyped"), 0604, 0);
    assertEquals(Posix.S_IFREG | 0640, Posix.stat(at("file")).mode());
    assertEquals(Posix.S_IFREG | 0604, Posix.stat(at("untyped")).mode());
    int fd = Posix.open(at("file"), Posix.O_RDWR);
    Posix.pwrite(fd, Posix.bytes("text"), 0);
    assertEquals("text", text(fd));
    Posix.close(fd);
  }

  @Test
  void otherKindsAreNotMadeByMknod() {
    refused(EPERM, () -> Posix.mknod(at("directory"), Posix.S_IFDIR | 0755, 0));
    refused(EINVAL, () -> Posix.mknod(at("link"), Posix.S_IFLNK | 0777, 0));
    make("file", "text");
    refused(EEXIST, () -> Posix.mknod(at("file"), Posix.S_IFIFO | 0644, 0));
    assertFalse(at("link").toFile().exists());
  }

  @Test
  void aSpecialFileHasNoSizeToCut() {
    Posix.mknod(at("fifo"), Posix.S_IFIFO | 0644, 0);
    refused(EINVAL, () -> Posix.truncate(at("fifo"), 0));
  }
}
