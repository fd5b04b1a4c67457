package dev.pando.daemon.fuse.kernel;

import dev.pando.daemon.fuse.Handle;
import dev.pando.daemon.fuse.Linux;
import dev.pando.daemon.fuse.OpenFiles;
import dev.pando.daemon.fuse.Privileges;
import dev.pando.daemon.fuse.wire.CopyFileRangeIn;
import dev.pando.daemon.fuse.wire.CreateIn;
import dev.pando.daemon.fuse.wire.FallocateIn;
import dev.pando.daemon.fuse.wire.LseekIn;
import dev.pando.daemon.fuse.wire.Opcode;
import dev.pando.daemon.fuse.wire.OpenIn;
import dev.pando.daemon.fuse.wire.Protocol;
import dev.pando.daemon.fuse.wire.ReadIn;
import dev.pando.daemon.fuse.wire.ReleaseIn;
import dev.pando.daemon.fuse.wire.WriteIn;
import dev.pando.daemon.tree.Attributes;
import dev.pando.daemon.tree.Errno;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.FileSystem;
import dev.pando.daemon.tree.OpenFile;

/**
 * Requests about regular files: opening them, and what is done through an open one. READ and WRITE
 * move data between the file and the slot with no copy between, and allocate nothing.
 */
final class FileRequests {
  /** The kernel's own bound for what COPY_FILE_RANGE can answer in 32 bits. */
  private static final long MAX_COPY_32 = 0xfffff000L;

  private final FileSystem fileSystem;
  private final OpenFiles openFiles;
  private final OpenTable openTable;
  private final Privileges privileges;
  private final SyncRequests syncs;
  private final Request request;
  private final Reply reply;
  private final Attributes attributes = new Attributes();

  FileRequests(
      Session session,
      FileSystem fileSystem,
      Privileges privileges,
      SyncRequests syncs,
      Request request,
      Reply reply) {
    this.fileSystem = fileSystem;
    this.openFiles = session.openFiles();
    this.openTable = session.openTable();
    this.privileges = privileges;
    this.syncs = syncs;
    this.request = request;
    this.reply = reply;
  }

  int open() throws ErrnoException {
    request.requireBody(OpenIn.BYTES);
    if (openFiles.find(request.header.unique()) != null) {
      return openedEarlier(Opcode.OPEN, request.node());
    }
    if ((request.open.openFlags() & Protocol.OPEN_KILL_SUIDGID) != 0) {
      privileges.drop(request.node());
    }
    OpenFile file = fileSystem.open(request.node(), request.open.flags(), request.caller());
    return reply.open(remember(file, request.open.flags()), openFlags(file));
  }

  int create() throws ErrnoException {
    byte[] name = request.name(CreateIn.BYTES);
    OpenFile file =
        fileSystem.create(
            request.node(),
            name,
            request.create.mode(),
            request.create.flags(),
            request.caller(),
            attributes);
    return reply.entryAndOpen(attributes, remember(file, request.create.flags()), openFlags(file));
  }

  int tmpfile() throws ErrnoException {
    request.requireBody(CreateIn.BYTES);
    OpenFile file =
        fileSystem.createUnnamed(
            request.node(),
            request.create.mode(),
            request.create.flags(),
            request.caller(),
            attributes);
    return reply.entryAndOpen(attributes, remember(file, request.create.flags()), openFlags(file));
  }

  /** A file is known by the number of the request that opened it: a repeat is the same handle. */
  private long remember(OpenFile file, int flags) throws ErrnoException {
    long number = request.header.unique();
    boolean noted = false;
    try {
      int place = openTable.add(number, file.node(), flags, file.processId(), file.isDirect());
      openFiles.add(new Handle(number, file, place));
      noted = true;
    } finally {
      if (!noted) {
        file.release();
      }
    }
    return number;
  }

  /**
   * Answers an OPEN, CREATE or TMPFILE that an earlier daemon executed up to the answer.
   *
   * @param node of the file
   */
  int openedEarlier(Opcode opcode, long node) throws ErrnoException {
    boolean made = opcode != Opcode.OPEN;
    int flags = made ? request.create.flags() : request.open.flags();
    Handle handle = openFiles.find(request.header.unique());
    OpenFile file =
        handle == null
            ? fileSystem.open(node, flags & ~Linux.O_TRUNC, request.caller())
            : handle.file();
    long number = handle == null ? remember(file, flags) : handle.number();
    if (!made) {
      return reply.open(number, openFlags(file));
    }
    fileSystem.attributes(node, attributes);
    return reply.entryAndOpen(attributes, number, openFlags(file));
  }

  private static int openFlags(OpenFile file) {
    return file.isDirect()
        ? Protocol.FOPEN_DIRECT_IO | Protocol.FOPEN_PARALLEL_DIRECT_WRITES
        : Protocol.FOPEN_KEEP_CACHE;
  }

  int release() throws ErrnoException {
    request.requireBody(ReleaseIn.BYTES);
    close(openFiles.remove(request.release.fileHandle()));
    return 0;
  }

  private void close(Handle handle) {
    handle.file().release();
    openTable.remove(handle.place());
  }

  /** The kernel did not take the answer to a request that opened a file: it will not close it. */
  void undelivered() {
    try {
      Handle handle = openFiles.remove(request.header.unique());
      close(handle);
      fileSystem.forget(handle.file().node()); // if it has no name the kernel has never heard of it
    } catch (ErrnoException none) {
      // the answer was that it was not opened
    }
  }

  int read() throws ErrnoException {
    request.requireBody(ReadIn.BYTES);
    ReadIn in = request.read;
    OpenFile file = openFiles.get(in.fileHandle()).file();
    return file.read(position(in.offset()), reply.bodyAddress(), payload(in.sizeBytes()));
  }

  int write() throws ErrnoException {
    request.requireBody(WriteIn.BYTES);
    WriteIn in = request.write;
    Handle handle = openFiles.get(in.fileHandle());
    int length = payload(in.sizeBytes());
    request.requireBody(WriteIn.BYTES + length);
    privileges.written(handle, (in.writeFlags() & Protocol.WRITE_KILL_SUIDGID) != 0);
    OpenFile file = handle.file();
    long address = request.bodyAddress(WriteIn.BYTES);
    int written = file.writeNow(position(in.offset()), address, length);
    int flags = in.flags();
    if (written == OpenFile.NO_SPACE_NOW) {
      return syncs.awaitSpace(file, flags, in.offset(), address, length);
    }
    request.slot().executed(written);
    return (flags & Linux.O_DSYNC) != 0
        ? syncs.writeThrough(file, flags, written)
        : reply.written(written);
  }

  /** Answers a WRITE that an earlier daemon executed; what is to be durable by then may not be. */
  int writtenEarlier(int written) throws ErrnoException {
    int flags = request.write.flags();
    return (flags & Linux.O_DSYNC) != 0
        ? syncs.writeThrough(openFiles.get(request.write.fileHandle()).file(), flags, written)
        : reply.written(written);
  }

  int fallocate() throws ErrnoException {
    request.requireBody(FallocateIn.BYTES);
    FallocateIn in = request.fallocate;
    Handle handle = openFiles.get(in.fileHandle());
    privileges.written(handle, isUser());
    handle.file().allocate(in.mode(), position(in.offset()), position(in.lengthBytes()));
    request.slot().executed(0);
    return 0;
  }

  int lseek() throws ErrnoException {
    request.requireBody(LseekIn.BYTES);
    LseekIn in = request.lseek;
    int whence = in.whence();
    if (whence != OpenFile.SEEK_DATA && whence != OpenFile.SEEK_HOLE) {
      throw new ErrnoException(Errno.EINVAL);
    }
    OpenFile file = openFiles.get(in.fileHandle()).file();
    return reply.position(file.seek(in.offset(), whence));
  }

  int copyFileRange() throws ErrnoException {
    return reply.written((int) copyRange(MAX_COPY_32));
  }

  int copyFileRange64() throws ErrnoException {
    return reply.copied(copyRange(Long.MAX_VALUE));
  }

  private long copyRange(long most) throws ErrnoException {
    request.requireBody(CopyFileRangeIn.BYTES);
    CopyFileRangeIn in = request.copyFileRange;
    if (in.flags() != 0) {
      throw new ErrnoException(Errno.EINVAL);
    }
    OpenFile source = openFiles.get(in.fileHandleIn()).file();
    Handle target = openFiles.get(in.fileHandleOut());
    privileges.written(target, isUser());
    long copied =
        source.copyRange(
            position(in.offsetIn()),
            target.file(),
            position(in.offsetOut()),
            Math.min(position(in.lengthBytes()), most));
    request.slot().executed(copied);
    return copied;
  }

  /** Whether the caller may not keep set-id bits, where the kernel does not tell. */
  private boolean isUser() {
    return request.header.userId() != 0;
  }

  /** A position or a length in a file; EINVAL if it is beyond what a file can have. */
  private static long position(long value) throws ErrnoException {
    if (value < 0) {
      throw new ErrnoException(Errno.EINVAL);
    }
    return value;
  }

  /** A length in bytes that a slot can hold; EINVAL if it can not. */
  private static int payload(int bytes) throws ErrnoException {
    if (bytes < 0 || bytes > Protocol.MAX_PAYLOAD_BYTES) {
      throw new ErrnoException(Errno.EINVAL);
    }
    return bytes;
  }
}
