package dev.pando.daemon.control;

import dev.pando.daemon.host.HostUser;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.util.HashSet;
import java.util.Set;
import jdk.net.ExtendedSocketOptions;

/**
 * Whom a daemon listens to, by what the kernel says of the other side (unix(7), SO_PEERCRED). The
 * second lock on the door: the first is the mode of the runtime directory.
 */
final class PeerUsers {
  private static final int ROOT = 0;

  private final Set<UserPrincipal> admitted;

  private PeerUsers(Set<UserPrincipal> admitted) {
    this.admitted = Set.copyOf(admitted);
  }

  /** The user of this process, and root. */
  static PeerUsers ownAndRoot() throws IOException {
    return of(HostUser.current().uid(), ROOT);
  }

  /** Users by their numbers. */
  static PeerUsers of(int... users) throws IOException {
    UserPrincipalLookupService names = Path.of("/").getFileSystem().getUserPrincipalLookupService();
    Set<UserPrincipal> admitted = new HashSet<>();
    for (int user : users) {
      // a number is looked up as a name first; no name consists of digits alone, see useradd(8)
      admitted.add(names.lookupPrincipalByName(Integer.toUnsignedString(user)));
    }
    return new PeerUsers(admitted);
  }

  /** Whether the other side of a connected channel is one of them. */
  boolean admit(SocketChannel channel) throws IOException {
    return admitted.contains(channel.getOption(ExtendedSocketOptions.SO_PEERCRED).user());
  }
}
