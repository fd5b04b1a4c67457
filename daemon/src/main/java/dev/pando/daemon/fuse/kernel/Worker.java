package dev.pando.daemon.fuse.kernel;

import dev.pando.daemon.fuse.Privileges;
import dev.pando.daemon.fuse.wire.Opcode;
import dev.pando.daemon.tree.Errno;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.FileSystem;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes one request after the other from its device into its slot, has it executed and sends the
 * reply, until the connection ends. Everything it needs is made once: to serve a READ, WRITE or
 * GETATTR allocates nothing.
 */
final class Worker implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Worker.class);

  /** How many daemons may die of one request before it is refused. */
  private static final int MOST_TRIES = 3;

  private final Session session;
  private final Device device;
  private final Slot slot;
  private final Request request;
  private final Reply reply;
  private final NameRequests names;
  private final AttributeRequests attributes;
  private final DirectoryRequests directories;
  private final FileRequests files;
  private final SyncRequests syncs;
  private final EarlierAnswers answers;
  private final Answering executing = this::execute;
  private final Answers.Turn turn;

  Worker(Session session, Device device, Slot slot) {
    this.session = session;
    this.device = device;
    this.slot = slot;
    request = new Request(slot);
    reply = new Reply(slot, session.cachePolicy());
    FileSystem fileSystem = session.fileSystem().receipted(slot);
    Privileges privileges =
        new Privileges(session.fileSystem(), session.openFiles(), request::caller);
    names = new NameRequests(session, fileSystem, request, reply);
    attributes = new AttributeRequests(session, fileSystem, privileges, request, reply);
    directories = new DirectoryRequests(session, request, reply);
    syncs = new SyncRequests(session, device, request, reply);
    files = new FileRequests(session, fileSystem, privileges, syncs, request, reply);
    answers = new EarlierAnswers(session.fileSystem(), files, request, reply);
    turn = session.answers().join();
  }

  /** Serves until the connection ends, then leaves it. */
  @Override
  public void run() {
    IoFlusher.enter();
    try {
      for (int bytes = device.receive(slot); bytes != Device.ENDED; bytes = device.receive(slot)) {
        request.received(bytes);
        Opcode opcode = Opcode.of(request.header.opcode());
        if (opcode.isBelieved()) {
          turn.begin();
          try {
            serve(opcode);
          } finally {
            tell(opcode);
            turn.end();
          }
        } else {
          serve(opcode);
        }
      }
    } finally {
      session.connection().leave();
    }
  }

  /** Notes what the kernel was told of. */
  private void tell(Opcode opcode) {
    if (opcode == Opcode.READDIRPLUS) {
      session.answers().toldOfMany();
    } else {
      session.answers().toldOf(request.node());
      session.answers().toldOf(reply.lastNode());
    }
  }

  /**
   * Takes up the request that an earlier daemon left in the slot, before {@link #run}: nothing is
   * executed twice, and nothing without end that every daemon dies of.
   *
   * @return what it was, for the log; nothing if it had been answered
   */
  Optional<String> takeUp() {
    request.received(request.header.lengthBytes());
    Opcode opcode = Opcode.of(request.header.opcode());
    long unique = request.header.unique();
    if (!opcode.isOneWay() && !device.awaits(unique)) {
      return Optional.empty();
    }
    if (slot.wasExecuted()) {
      serve(opcode, answers);
      return Optional.of(opcode + " (executed)");
    } else if (slot.tryAgain() >= MOST_TRIES) {
      LOG.error("{} ended {} daemons that executed it: it is answered EIO", opcode, MOST_TRIES);
      device.send(slot.replyAddress(), reply.failure(unique, Errno.EIO));
    } else {
      serve(opcode);
    }
    return Optional.of(opcode.toString());
  }

  private void serve(Opcode opcode) {
    serve(opcode, executing);
  }

  /** What answers a request. */
  interface Answering {
    /** Returns the length of the reply's body in bytes, or {@link Reply#NONE}. */
    int answer(Opcode opcode) throws ErrnoException;
  }

  private void serve(Opcode opcode, Answering answering) {
    long unique = request.header.unique();
    int length;
    try {
      int bodyBytes = answering.answer(opcode);
      if (bodyBytes == Reply.NONE) {
        return;
      }
      length = reply.success(unique, bodyBytes);
    } catch (ErrnoException refused) {
      length = reply.failure(unique, told(opcode, refused.errno()));
    } catch (RuntimeException | Error fault) {
      session.faults().report(opcode, fault);
      session.lastResort().failed(fault);
      length = reply.failure(unique, Errno.EIO);
    }
    // without a number nobody can be answered, and what has none is a notification
    if (unique != 0 && !opcode.isOneWay() && device.send(slot.replyAddress(), length) != 0) {
      // given up by its caller, or the connection has ended
      if (opcode == Opcode.OPEN || opcode == Opcode.CREATE || opcode == Opcode.TMPFILE) {
        files.undelivered();
      }
    }
  }

  /**
   * What the kernel is told of an error. A directory that is gone without its knowledge, with a
   * removed VM, has no names: as one that the kernel removed itself, and does not ask about.
   */
  private static int told(Opcode opcode, int errno) {
    return errno == Errno.ESTALE && opcode.isOfNames() ? Errno.ENOENT : errno;
  }

  /**
   * Executes the request in the slot.
   *
   * @return the length of the reply's body in bytes, or {@link Reply#NONE}
   */
  private int execute(Opcode opcode) throws ErrnoException {
    request.requireBody(0);
    return switch (opcode) {
      case READ -> files.read();
      case WRITE -> files.write();
      case GETATTR -> attributes.getattr();
      case LOOKUP -> names.lookup();
      case OPEN -> files.open();
      case CREATE -> files.create();
      case TMPFILE -> files.tmpfile();
      case RELEASE -> files.release();
      case FALLOCATE -> files.fallocate();
      case LSEEK -> files.lseek();
      case COPY_FILE_RANGE -> files.copyFileRange();
      case COPY_FILE_RANGE_64 -> files.copyFileRange64();
      case FSYNC -> syncs.fsync();
      case FSYNCDIR -> syncs.fsyncdir();
      case SETATTR -> attributes.setattr();
      case STATX -> attributes.statx();
      case STATFS -> attributes.statfs();
      case GETXATTR -> attributes.getxattr();
      case SETXATTR -> attributes.setxattr();
      case LISTXATTR -> attributes.listxattr();
      case REMOVEXATTR -> attributes.removexattr();
      case READLINK -> names.readlink();
      case SYMLINK -> names.symlink();
      case MKNOD -> names.mknod();
      case MKDIR -> names.mkdir();
      case UNLINK -> names.unlink();
      case RMDIR -> names.rmdir();
      case RENAME -> names.rename();
      case RENAME2 -> names.rename2();
      case LINK -> names.link();
      case OPENDIR -> directories.opendir();
      case READDIR -> directories.readdir();
      case READDIRPLUS -> directories.readdirplus();
      case RELEASEDIR, DESTROY -> 0;
      case FORGET -> names.forget();
      case BATCH_FORGET -> names.forgetBatch();
      // a request is too short to be worth interrupting
      case INTERRUPT, NOTIFY_REPLY -> Reply.NONE;
      case IOCTL -> throw new ErrnoException(Errno.ENOTTY);
      // the kernel asks once and then knows for ever: each of these it does as well by itself
      case FLUSH, ACCESS, GETLK, SETLK, SETLKW, BMAP, POLL, SYNCFS, SETUPMAPPING, REMOVEMAPPING ->
          throw new ErrnoException(Errno.ENOSYS);
      // a second INIT is none of ours
      case INIT -> throw new ErrnoException(Errno.EIO);
      case UNKNOWN -> throw new ErrnoException(Errno.ENOSYS);
    };
  }
}
