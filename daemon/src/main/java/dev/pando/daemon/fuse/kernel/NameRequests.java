package dev.pando.daemon.fuse.kernel;

import dev.pando.daemon.fuse.wire.BatchForgetIn;
import dev.pando.daemon.fuse.wire.LinkIn;
import dev.pando.daemon.fuse.wire.MkdirIn;
import dev.pando.daemon.fuse.wire.MknodIn;
import dev.pando.daemon.fuse.wire.Protocol;
import dev.pando.daemon.fuse.wire.Rename2In;
import dev.pando.daemon.fuse.wire.RenameIn;
import dev.pando.daemon.tree.Attributes;
import dev.pando.daemon.tree.Errno;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.FileSystem;

/** Requests about names: finding, making, moving and removing them. */
final class NameRequests {
  private final FileSystem fileSystem;
  private final Request request;
  private final Reply reply;
  private final boolean remembersAbsence;
  private final Attributes attributes = new Attributes();

  NameRequests(Session session, FileSystem fileSystem, Request request, Reply reply) {
    this.fileSystem = fileSystem;
    this.request = request;
    this.reply = reply;
    this.remembersAbsence = !session.cachePolicy().absentNames().isZero();
  }

  int lookup() throws ErrnoException {
    try {
      fileSystem.lookup(request.node(), request.name(0), attributes);
    } catch (ErrnoException refused) {
      if (refused.errno() == Errno.ENOENT && remembersAbsence) {
        return reply.absent();
      }
      throw refused;
    }
    return reply.entry(attributes);
  }

  int readlink() throws ErrnoException {
    byte[] target = fileSystem.readLink(request.node());
    fileSystem.accessed(request.node());
    return reply.bytes(target);
  }

  /**
   * No lookups are counted: a node the kernel looked up again meanwhile is not among those that the
   * file system keeps for it, but for one that was removed since, which then ends a little early.
   */
  int forget() {
    fileSystem.forget(request.node());
    return Reply.NONE;
  }

  int forgetBatch() throws ErrnoException {
    request.requireBody(BatchForgetIn.BYTES);
    int count = request.batchForget.count();
    if (count < 0 || count > Protocol.MAX_PAYLOAD_BYTES / BatchForgetIn.ONE_BYTES) {
      throw new ErrnoException(Errno.EINVAL);
    }
    request.requireBody(BatchForgetIn.BYTES + count * BatchForgetIn.ONE_BYTES);
    for (int index = 0; index < count; index++) {
      fileSystem.forget(request.batchForget.node(index));
    }
    return Reply.NONE;
  }

  int symlink() throws ErrnoException {
    byte[] name = request.name(0);
    byte[] target = request.string(name.length + 1);
    fileSystem.makeSymlink(request.node(), name, target, request.caller(), attributes);
    return reply.entry(attributes);
  }

  int mknod() throws ErrnoException {
    byte[] name = request.name(MknodIn.BYTES);
    fileSystem.makeNode(
        request.node(),
        name,
        request.mknod.mode(),
        request.mknod.device(),
        request.caller(),
        attributes);
    return reply.entry(attributes);
  }

  int mkdir() throws ErrnoException {
    byte[] name = request.name(MkdirIn.BYTES);
    fileSystem.makeDirectory(
        request.node(), name, request.mkdir.mode(), request.caller(), attributes);
    return reply.entry(attributes);
  }

  int link() throws ErrnoException {
    byte[] name = request.name(LinkIn.BYTES);
    fileSystem.link(request.link.oldNode(), request.node(), name, attributes);
    return reply.entry(attributes);
  }

  int unlink() throws ErrnoException {
    fileSystem.unlink(request.node(), request.name(0));
    return 0;
  }

  int rmdir() throws ErrnoException {
    fileSystem.removeDirectory(request.node(), request.name(0));
    return 0;
  }

  int rename() throws ErrnoException {
    byte[] name = request.name(RenameIn.BYTES);
    return rename(name, RenameIn.BYTES, request.rename.newParent(), 0);
  }

  int rename2() throws ErrnoException {
    byte[] name = request.name(Rename2In.BYTES);
    return rename(name, Rename2In.BYTES, request.rename2.newParent(), request.rename2.flags());
  }

  private int rename(byte[] name, int nameAt, long newParent, int flags) throws ErrnoException {
    byte[] newName = request.name(nameAt + name.length + 1);
    fileSystem.rename(request.node(), name, newParent, newName, flags);
    return 0;
  }
}
