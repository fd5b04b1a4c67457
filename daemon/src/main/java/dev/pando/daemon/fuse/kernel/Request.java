package dev.pando.daemon.fuse.kernel;

import dev.pando.daemon.fuse.wire.BatchForgetIn;
import dev.pando.daemon.fuse.wire.CopyFileRangeIn;
import dev.pando.daemon.fuse.wire.CreateIn;
import dev.pando.daemon.fuse.wire.FallocateIn;
import dev.pando.daemon.fuse.wire.FsyncIn;
import dev.pando.daemon.fuse.wire.GetattrIn;
import dev.pando.daemon.fuse.wire.GetxattrIn;
import dev.pando.daemon.fuse.wire.InHeader;
import dev.pando.daemon.fuse.wire.InitIn;
import dev.pando.daemon.fuse.wire.LinkIn;
import dev.pando.daemon.fuse.wire.LseekIn;
import dev.pando.daemon.fuse.wire.MkdirIn;
import dev.pando.daemon.fuse.wire.MknodIn;
import dev.pando.daemon.fuse.wire.OpenIn;
import dev.pando.daemon.fuse.wire.ReadIn;
import dev.pando.daemon.fuse.wire.ReleaseIn;
import dev.pando.daemon.fuse.wire.Rename2In;
import dev.pando.daemon.fuse.wire.RenameIn;
import dev.pando.daemon.fuse.wire.SetattrIn;
import dev.pando.daemon.fuse.wire.SetxattrIn;
import dev.pando.daemon.fuse.wire.StatxIn;
import dev.pando.daemon.fuse.wire.WriteIn;
import dev.pando.daemon.tree.Caller;
import dev.pando.daemon.tree.Errno;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.FileSystemStatistics;
import java.nio.ByteBuffer;

/**
 * The request that lies in a worker's slot: a flyweight for every form it can have. Before a form
 * is used, {@link #requireBody} makes sure that the request is long enough for it.
 */
final class Request {
  final InHeader header;
  final InitIn init;
  final GetattrIn getattr;
  final SetattrIn setattr;
  final MknodIn mknod;
  final MkdirIn mkdir;
  final RenameIn rename;
  final Rename2In rename2;
  final LinkIn link;
  final OpenIn open;
  final CreateIn create;
  final ReleaseIn release;
  final FsyncIn fsync;
  final ReadIn read;
  final WriteIn write;
  final SetxattrIn setxattr;
  final GetxattrIn getxattr;
  final FallocateIn fallocate;
  final LseekIn lseek;
  final CopyFileRangeIn copyFileRange;
  final StatxIn statx;
  final BatchForgetIn batchForget;

  private final Slot slot;
  private final int bodyAt;
  private int bodyBytes;

  Request(Slot slot) {
    this.slot = slot;
    ByteBuffer buffer = slot.buffer();
    header = new InHeader(buffer, slot.requestAt());
    bodyAt = slot.requestAt() + InHeader.BYTES;
    init = new InitIn(buffer, bodyAt);
    getattr = new GetattrIn(buffer, bodyAt);
    setattr = new SetattrIn(buffer, bodyAt);
    mknod = new MknodIn(buffer, bodyAt);
    mkdir = new MkdirIn(buffer, bodyAt);
    rename = new RenameIn(buffer, bodyAt);
    rename2 = new Rename2In(buffer, bodyAt);
    link = new LinkIn(buffer, bodyAt);
    open = new OpenIn(buffer, bodyAt);
    create = new CreateIn(buffer, bodyAt);
    release = new ReleaseIn(buffer, bodyAt);
    fsync = new FsyncIn(buffer, bodyAt);
    read = new ReadIn(buffer, bodyAt);
    write = new WriteIn(buffer, bodyAt);
    setxattr = new SetxattrIn(buffer, bodyAt);
    getxattr = new GetxattrIn(buffer, bodyAt);
    fallocate = new FallocateIn(buffer, bodyAt);
    lseek = new LseekIn(buffer, bodyAt);
    copyFileRange = new CopyFileRangeIn(buffer, bodyAt);
    statx = new StatxIn(buffer, bodyAt);
    batchForget = new BatchForgetIn(buffer, bodyAt);
  }

  /** A request of {@code lengthBytes} has come; its header is checked when it is executed. */
  void received(int lengthBytes) {
    bodyBytes = lengthBytes - InHeader.BYTES;
  }

  Slot slot() {
    return slot;
  }

  long node() {
    return header.node();
  }

  /** Who asks. The kernel has applied the umask. */
  Caller caller() {
    return new Caller(header.userId(), header.groupId(), header.processId(), 0);
  }

  /** EINVAL if the body is shorter than {@code bytes}, or the header contradicts itself. */
  void requireBody(int bytes) throws ErrnoException {
    if (bodyBytes < bytes || header.lengthBytes() != bodyBytes + InHeader.BYTES) {
      throw new ErrnoException(Errno.EINVAL);
    }
  }

  /** The native address of the body's byte at {@code offset}. */
  long bodyAddress(int offset) {
    return slot.memory().addressAt(bodyAt + offset);
  }

  /**
   * The name that begins at {@code offset} of the body: one path component and a NUL; EINVAL if it
   * is none, ENAMETOOLONG if it is too long for any.
   */
  byte[] name(int offset) throws ErrnoException {
    byte[] name = string(offset);
    if (name.length > FileSystemStatistics.NAME_MAX) {
      throw new ErrnoException(Errno.ENAMETOOLONG);
    }
    for (byte character : name) {
      if (character == '/') {
        throw new ErrnoException(Errno.EINVAL);
      }
    }
    return name;
  }

  /** The bytes from {@code offset} of the body to the next NUL; EINVAL if there is none. */
  byte[] string(int offset) throws ErrnoException {
    requireBody(offset + 1);
    int length = 0;
    while (slot.buffer().get(bodyAt + offset + length) != 0) {
      length++;
      if (offset + length >= bodyBytes) {
        throw new ErrnoException(Errno.EINVAL);
      }
    }
    if (length == 0) {
      throw new ErrnoException(Errno.EINVAL);
    }
    return bytes(offset, length);
  }

  /** {@code length} bytes from {@code offset} of the body; EINVAL if it has not so many. */
  byte[] bytes(int offset, int length) throws ErrnoException {
    if (length < 0 || length > bodyBytes - offset) {
      throw new ErrnoException(Errno.EINVAL);
    }
    byte[] bytes = new byte[length];
    slot.buffer().get(bodyAt + offset, bytes);
    return bytes;
  }
}
