package dev.pando.daemon.fuse.kernel;

import dev.pando.daemon.fuse.wire.Opcode;
import dev.pando.daemon.tree.Attributes;
import dev.pando.daemon.tree.Errno;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.FileSystem;

/** Answers to requests that an earlier daemon executed and did not answer, from their receipts. */
final class EarlierAnswers implements Worker.Answering {
  private final FileSystem fileSystem;
  private final FileRequests files;
  private final Request request;
  private final Reply reply;
  private final Attributes attributes = new Attributes();

  EarlierAnswers(FileSystem fileSystem, FileRequests files, Request request, Reply reply) {
    this.fileSystem = fileSystem;
    this.files = files;
    this.request = request;
    this.reply = reply;
  }

  @Override
  public int answer(Opcode opcode) throws ErrnoException {
    long result = request.slot().result();
    return switch (opcode) {
      case MKNOD, MKDIR, SYMLINK, LINK -> {
        fileSystem.attributes(result, attributes);
        yield reply.entry(attributes);
      }
      case CREATE, TMPFILE -> files.openedEarlier(opcode, result);
      case WRITE -> files.writtenEarlier((int) result);
      case COPY_FILE_RANGE -> reply.written((int) result);
      case COPY_FILE_RANGE_64 -> reply.copied(result);
      case FALLOCATE, UNLINK, RMDIR, RENAME, RENAME2, SETXATTR, REMOVEXATTR -> 0;
      // these leave no receipt: to execute them again changes nothing
      default -> throw new ErrnoException(Errno.EIO);
    };
  }
}
