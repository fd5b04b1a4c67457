package dev.pando.daemon.fuse.kernel;

import dev.pando.daemon.fuse.Linux;
import dev.pando.daemon.fuse.wire.Dirent;
import dev.pando.daemon.fuse.wire.EntryOut;
import dev.pando.daemon.fuse.wire.OpenIn;
import dev.pando.daemon.fuse.wire.Protocol;
import dev.pando.daemon.fuse.wire.ReadIn;
import dev.pando.daemon.tree.Attributes;
import dev.pando.daemon.tree.Errno;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.FileSystem;

/**
 * Requests that read directories. Cookies are persistent, so an open directory has no state and all
 * of them share the handle 0.
 */
final class DirectoryRequests implements FileSystem.DirectorySink {
  private final FileSystem fileSystem;
  private final Request request;
  private final Reply reply;
  private final EntryOut entryOut;
  private final Dirent dirent;

  private boolean withAttributes;
  private int filled;
  private int room;
  private boolean refused;

  DirectoryRequests(Session session, Request request, Reply reply) {
    this.fileSystem = session.fileSystem();
    this.request = request;
    this.reply = reply;
    this.entryOut = new EntryOut(reply.buffer(), reply.bodyAt());
    this.dirent = new Dirent(reply.buffer(), reply.bodyAt());
  }

  int opendir() throws ErrnoException {
    request.requireBody(OpenIn.BYTES);
    return reply.open(0, 0);
  }

  int readdir() throws ErrnoException {
    return read(false);
  }

  int readdirplus() throws ErrnoException {
    return read(true);
  }

  private int read(boolean plus) throws ErrnoException {
    request.requireBody(ReadIn.BYTES);
    int size = request.read.sizeBytes();
    if (size < 0) {
      throw new ErrnoException(Errno.EINVAL);
    }
    withAttributes = plus;
    filled = 0;
    room = Math.min(size, Protocol.MAX_PAYLOAD_BYTES);
    refused = false;
    fileSystem.readDirectory(request.node(), request.read.offset(), plus, this);
    if (filled == 0 && refused) {
      // an empty reply would be the end of the directory
      throw new ErrnoException(Errno.EINVAL);
    }
    if ((request.read.flags() & Linux.O_NOATIME) == 0) {
      fileSystem.accessed(request.node());
    }
    return filled;
  }

  @Override
  public boolean entry(long cookie, long node, int type, byte[] name, Attributes attributes) {
    int prefix = withAttributes ? EntryOut.BYTES : 0;
    int bytes = prefix + Dirent.bytes(name.length);
    if (bytes > room - filled) {
      refused = true;
      return false;
    }
    int at = reply.bodyAt() + filled;
    if (withAttributes) {
      entryOut.moveTo(at);
      if (attributes == null) {
        entryOut.absent();
      } else {
        reply.entryWithin(entryOut, attributes);
      }
    }
    dirent.moveTo(at + prefix);
    dirent.set(node, cookie, type, name);
    filled += bytes;
    return true;
  }
}
