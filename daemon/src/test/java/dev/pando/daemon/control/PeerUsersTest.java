package dev.pando.daemon.control;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.daemon.host.HostUser;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PeerUsersTest {
  @TempDir private Path directory;

  @Test
  void onlyThoseWhoAreNamedAreAdmitted() throws IOException {
    UnixDomainSocketAddress address = UnixDomainSocketAddress.of(directory.resolve("socket"));
    try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      listener.bind(address);
      try (SocketChannel client = SocketChannel.open(address);
          SocketChannel peer = listener.accept()) {
        assertTrue(client.isConnected());
        assertTrue(PeerUsers.ownAndRoot().admit(peer));
        assertTrue(PeerUsers.of(4711, HostUser.current().uid()).admit(peer));
        assertFalse(PeerUsers.of(HostUser.current().uid() + 1).admit(peer));
      }
    }
  }
}
