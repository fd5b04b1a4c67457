package dev.pando.daemon.fuse.kernel;

import dev.pando.daemon.fuse.AttributeNames;
import dev.pando.daemon.fuse.OpenFiles;
import dev.pando.daemon.fuse.Privileges;
import dev.pando.daemon.fuse.wire.GetattrIn;
import dev.pando.daemon.fuse.wire.GetxattrIn;
import dev.pando.daemon.fuse.wire.Protocol;
import dev.pando.daemon.fuse.wire.SetattrIn;
import dev.pando.daemon.fuse.wire.SetxattrIn;
import dev.pando.daemon.fuse.wire.StatfsOut;
import dev.pando.daemon.fuse.wire.StatxIn;
import dev.pando.daemon.tree.AttributeChange;
import dev.pando.daemon.tree.Attributes;
import dev.pando.daemon.tree.Errno;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.FileSystem;
import dev.pando.daemon.tree.FileSystemStatistics;

/** Requests about attributes of a node or of the whole file system, extended ones included. */
final class AttributeRequests {
  /** The attributes that a request may change: the bits that {@link AttributeChange} knows. */
  private static final int CHANGEABLE =
      AttributeChange.MODE
          | AttributeChange.UID
          | AttributeChange.GID
          | AttributeChange.SIZE
          | AttributeChange.ATIME
          | AttributeChange.MTIME
          | AttributeChange.ATIME_NOW
          | AttributeChange.MTIME_NOW
          | AttributeChange.CTIME
          | AttributeChange.KILL_SUIDGID;

  private static final int OWNER = AttributeChange.UID | AttributeChange.GID;

  private final FileSystem fileSystem;
  private final OpenFiles openFiles;
  private final Privileges privileges;
  private final Request request;
  private final Reply reply;
  private final Attributes attributes = new Attributes();
  private final AttributeChange change = new AttributeChange();
  private final FileSystemStatistics statistics = new FileSystemStatistics();

  AttributeRequests(
      Session session, FileSystem fileSystem, Privileges privileges, Request request, Reply reply) {
    this.fileSystem = fileSystem;
    this.openFiles = session.openFiles();
    this.privileges = privileges;
    this.request = request;
    this.reply = reply;
  }

  int getattr() throws ErrnoException {
    request.requireBody(GetattrIn.BYTES);
    fileSystem.attributes(request.node(), attributes);
    return reply.attributes(attributes);
  }

  int statx() throws ErrnoException {
    request.requireBody(StatxIn.BYTES);
    fileSystem.attributes(request.node(), attributes);
    return reply.statx(attributes);
  }

  int setattr() throws ErrnoException {
    request.requireBody(SetattrIn.BYTES);
    SetattrIn in = request.setattr;
    boolean throughFile = (in.valid() & Protocol.FATTR_FH) != 0;
    change.openFile = throughFile ? openFiles.get(in.fileHandle()).file() : null;
    change.valid = in.valid() & CHANGEABLE;
    change.caller = request.caller();
    change.sizeBytes = in.sizeBytes();
    change.mode = in.mode();
    change.userId = in.userId();
    change.groupId = in.groupId();
    change.accessSeconds = in.accessSeconds();
    change.accessNanos = in.accessNanos();
    change.modifySeconds = in.modifySeconds();
    change.modifyNanos = in.modifyNanos();
    change.changeSeconds = in.changeSeconds();
    change.changeNanos = in.changeNanos();
    if (change.has(AttributeChange.SIZE) && change.sizeBytes < 0) {
      throw new ErrnoException(Errno.EINVAL);
    }
    if (change.has(OWNER) && !privileges.isDirectory(request.node())) {
      change.valid |= AttributeChange.KILL_SUIDGID;
    }
    if (change.has(AttributeChange.SIZE)) {
      change.valid |= AttributeChange.KILL_CAPABILITY;
    }
    fileSystem.setAttributes(request.node(), change, attributes);
    if (change.has(AttributeChange.MODE)) {
      privileges.modeChanged();
    }
    return reply.attributes(attributes);
  }

  int statfs() throws ErrnoException {
    fileSystem.statistics(request.node(), statistics);
    StatfsOut out = reply.statfs;
    out.clear(StatfsOut.BYTES);
    out.blocks(statistics.totalBlocks);
    out.freeBlocks(statistics.freeBlocks);
    out.availableBlocks(statistics.availableBlocks);
    out.files(statistics.totalFiles);
    out.freeFiles(statistics.freeFiles);
    out.blockBytes(FileSystemStatistics.BLOCK_BYTES);
    out.fragmentBytes(FileSystemStatistics.BLOCK_BYTES);
    out.nameMax(FileSystemStatistics.NAME_MAX);
    return StatfsOut.BYTES;
  }

  int getxattr() throws ErrnoException {
    byte[] name = request.string(GetxattrIn.BYTES);
    return sized(fileSystem.extendedAttribute(request.node(), name));
  }

  int listxattr() throws ErrnoException {
    request.requireBody(GetxattrIn.BYTES);
    byte[] names = fileSystem.extendedAttributeNames(request.node());
    return sized(AttributeNames.visible(names, request.header.userId()));
  }

  /** Answers a value, or its length to who asks with no room. */
  private int sized(byte[] value) throws ErrnoException {
    int room = request.getxattr.sizeBytes();
    if (room == 0) {
      return reply.xattrLength(value.length);
    }
    if (Integer.compareUnsigned(value.length, room) > 0) {
      throw new ErrnoException(Errno.ERANGE);
    }
    if (value.length > Protocol.MAX_PAYLOAD_BYTES) {
      throw new ErrnoException(Errno.E2BIG);
    }
    return reply.bytes(value);
  }

  int setxattr() throws ErrnoException {
    byte[] name = request.string(SetxattrIn.BYTES);
    byte[] value = request.bytes(SetxattrIn.BYTES + name.length + 1, request.setxattr.sizeBytes());
    fileSystem.setExtendedAttribute(request.node(), name, value, request.setxattr.flags());
    privileges.xattrChanged(name);
    return 0;
  }

  int removexattr() throws ErrnoException {
    fileSystem.removeExtendedAttribute(request.node(), request.string(0));
    return 0;
  }
}
