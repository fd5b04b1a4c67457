package dev.pando.daemon.fuse.jnr;

import dev.pando.daemon.fuse.AwaitedCompletion;
import dev.pando.daemon.fuse.Handle;
import dev.pando.daemon.fuse.Linux;
import dev.pando.daemon.fuse.OpenFiles;
import dev.pando.daemon.fuse.jnr.Paths.Place;
import dev.pando.daemon.tree.Errno;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.FileSystem;
import dev.pando.daemon.tree.OpenFile;
import java.util.concurrent.atomic.AtomicLong;
import ru.serce.jnrfuse.struct.FuseOperations;

/**
 * Operations on regular files: opening them, and what is done through an open one, which is found
 * by its number and never by a path. {@code flush} is left out on purpose: the kernel asks once and
 * then spares every close a request.
 */
final class FileOperations {
  private final FileSystem fileSystem;
  private final Paths paths;
  private final OpenFiles openFiles;
  private final HiddenNames hidden;
  private final AtomicLong lastNumber = new AtomicLong();

  FileOperations(FileSystem fileSystem, Paths paths, OpenFiles openFiles, HiddenNames hidden) {
    this.fileSystem = fileSystem;
    this.paths = paths;
    this.openFiles = openFiles;
    this.hidden = hidden;
  }

  void putInto(OperationTable table) {
    FuseOperations places = table.places();
    table.put("open", places.open, this::open);
    table.put("create", places.create, this::create);
    table.put("release", places.release, this::release);
    table.put("read", places.read, this::read);
    table.put("write", places.write, this::write);
    table.put("fsync", places.fsync, this::fsync);
    table.put("fallocate", places.fallocate, this::fallocate);
  }

  private int open(long path, long info) throws ErrnoException {
    Request request = Request.current();
    long node = paths.find(path, request.attributes);
    boolean linked = request.attributes.linkCount > 1;
    OpenFile file = fileSystem.open(node, FileInfo.flags(info), request.caller());
    remember(file, info);
    if (file.isDirect() || linked) {
      // to the kernel each name of a file is a file of its own, with pages of its own
      FileInfo.makeDirect(info);
    }
    return 0;
  }

  private int create(long path, long mode, long info) throws ErrnoException {
    Request request = Request.current();
    Place place = paths.place(path);
    OpenFile file =
        fileSystem.create(
            place.parent(),
            place.name(),
            (int) mode,
            FileInfo.flags(info),
            request.caller(),
            request.attributes);
    remember(file, info);
    if (file.isDirect()) {
      FileInfo.makeDirect(info);
    }
    return 0;
  }

  private void remember(OpenFile file, long info) {
    long number = lastNumber.incrementAndGet();
    openFiles.add(new Handle(number, file));
    hidden.opened(file.node());
    FileInfo.fileHandle(info, number);
  }

  private int release(long path, long info) throws ErrnoException {
    OpenFile file = openFiles.remove(FileInfo.fileHandle(info)).file();
    hidden.closed(file.node());
    file.release();
    return 0;
  }

  private int read(long path, long buffer, long sizeBytes, long offset, long info)
      throws ErrnoException {
    OpenFile file = openFiles.get(FileInfo.fileHandle(info)).file();
    return file.read(position(offset), buffer, (int) sizeBytes);
  }

  private int write(long path, long buffer, long sizeBytes, long offset, long info)
      throws ErrnoException {
    Request request = Request.current();
    Handle handle = openFiles.get(FileInfo.fileHandle(info));
    request.privileges.written(handle, request.takesPrivileges());
    OpenFile file = handle.file();
    int written = file.write(position(offset), buffer, (int) sizeBytes);
    int flags = FileInfo.flags(info);
    if ((flags & Linux.O_DSYNC) != 0) {
      sync(file, (flags & Linux.O_SYNC_METADATA) == 0);
    }
    return written;
  }

  private int fsync(long path, long dataOnly, long info) throws ErrnoException {
    sync(openFiles.get(FileInfo.fileHandle(info)).file(), (int) dataOnly != 0);
    return 0;
  }

  private static void sync(OpenFile file, boolean dataOnly) throws ErrnoException {
    AwaitedCompletion durable = new AwaitedCompletion();
    file.sync(dataOnly, durable);
    durable.await();
  }

  private int fallocate(long path, long mode, long offset, long lengthBytes, long info)
      throws ErrnoException {
    Request request = Request.current();
    Handle handle = openFiles.get(FileInfo.fileHandle(info));
    // the kernel does not say who may keep set-id bits
    request.privileges.written(handle, request.caller().userId() != 0);
    handle.file().allocate((int) mode, position(offset), position(lengthBytes));
    return 0;
  }

  /** A position or a length in a file; EINVAL if it is beyond what a file can have. */
  private static long position(long value) throws ErrnoException {
    if (value < 0) {
      throw new ErrnoException(Errno.EINVAL);
    }
    return value;
  }
}
