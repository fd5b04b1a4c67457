package dev.pando.daemon.fuse.kernel;

import dev.pando.daemon.fuse.AwaitedCompletion;
import dev.pando.daemon.fuse.Linux;
import dev.pando.daemon.fuse.wire.FsyncIn;
import dev.pando.daemon.fuse.wire.Protocol;
import dev.pando.daemon.tree.Completion;
import dev.pando.daemon.tree.Errno;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.OpenFile;

/**
 * Requests that are answered later. When something is durable: FSYNC, FSYNCDIR, and WRITE to a file
 * opened with O_DSYNC. They are parked, so that sixteen guests that flush at once do not stop every
 * read; without a place to park, the worker waits. And when there is space: WRITE on a full disk.
 */
final class SyncRequests {
  private final Session session;
  private final Device device;
  private final Request request;
  private final Reply reply;

  SyncRequests(Session session, Device device, Request request, Reply reply) {
    this.session = session;
    this.device = device;
    this.request = request;
    this.reply = reply;
  }

  int fsync() throws ErrnoException {
    request.requireBody(FsyncIn.BYTES);
    OpenFile file = session.openFiles().get(request.fsync.fileHandle()).file();
    boolean dataOnly = (request.fsync.flags() & Protocol.FSYNC_FDATASYNC) != 0;
    return sync(file, dataOnly, ParkedRequest.NO_BODY);
  }

  int fsyncdir() throws ErrnoException {
    request.requireBody(FsyncIn.BYTES);
    return sync(null, false, ParkedRequest.NO_BODY);
  }

  /** Answers a write of {@code written} bytes when it is durable. */
  int writeThrough(OpenFile file, int openFlags, int written) throws ErrnoException {
    boolean dataOnly = (openFlags & Linux.O_SYNC_METADATA) == 0;
    return sync(file, dataOnly, written);
  }

  /** Has a write done, and answered, when there is space for it, or refused when there is not. */
  int awaitSpace(OpenFile file, int openFlags, long offset, long address, int length)
      throws ErrnoException {
    if (!session.spaceQueue().add(request, device, file, openFlags, offset, address, length)) {
      throw new ErrnoException(Errno.ENOSPC);
    }
    return Reply.NONE;
  }

  /**
   * @param file what to make durable; null: the directory that the request names
   */
  private int sync(OpenFile file, boolean dataOnly, int written) throws ErrnoException {
    long unique = request.header.unique();
    ParkedRequest parked = session.parking().park(request, device, written);
    if (parked == null) {
      AwaitedCompletion waiter = new AwaitedCompletion();
      start(file, dataOnly, waiter);
      waiter.await();
      return written == ParkedRequest.NO_BODY ? 0 : reply.written(written);
    }
    try {
      start(file, dataOnly, parked);
      return Reply.NONE;
    } catch (RuntimeException | Error fault) {
      // the worker answers it as any other fault
      parked.giveBack(unique);
      throw fault;
    }
  }

  private void start(OpenFile file, boolean dataOnly, Completion done) {
    if (file == null) {
      session.fileSystem().syncDirectory(request.node(), done);
    } else {
      file.sync(dataOnly, done);
    }
  }
}
