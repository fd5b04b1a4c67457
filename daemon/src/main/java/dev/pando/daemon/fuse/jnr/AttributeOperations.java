package dev.pando.daemon.fuse.jnr;

import com.kenai.jffi.MemoryIO;
import dev.pando.daemon.fuse.AttributeNames;
import dev.pando.daemon.fuse.OpenFiles;
import dev.pando.daemon.tree.AttributeChange;
import dev.pando.daemon.tree.Errno;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.FileSystem;
import dev.pando.daemon.tree.FileSystemStatistics;
import dev.pando.daemon.tree.OpenFile;
import ru.serce.jnrfuse.struct.FuseOperations;

/** Operations about attributes of a file or of the whole file system, extended ones included. */
final class AttributeOperations {
  private static final MemoryIO MEMORY = MemoryIO.getInstance();

  /** An id that is not to be changed. */
  private static final int SAME_ID = -1;

  // struct timespec[2] of 64-bit machines, and what utimensat(2) allows for nanoseconds
  private static final int NANOS = 8;
  private static final int TIMESPEC_BYTES = 16;
  private static final long UTIME_NOW = (1L << 30) - 1;
  private static final long UTIME_OMIT = (1L << 30) - 2;

  private final FileSystem fileSystem;
  private final Paths paths;
  private final OpenFiles openFiles;

  AttributeOperations(FileSystem fileSystem, Paths paths, OpenFiles openFiles) {
    this.fileSystem = fileSystem;
    this.paths = paths;
    this.openFiles = openFiles;
  }

  void putInto(OperationTable table) {
    FuseOperations places = table.places();
    table.put("getattr", places.getattr, this::getattr);
    table.put("fgetattr", places.fgetattr, this::fgetattr);
    table.put("chmod", places.chmod, this::chmod);
    table.put("chown", places.chown, this::chown);
    table.put("truncate", places.truncate, this::truncate);
    table.put("ftruncate", places.ftruncate, this::ftruncate);
    table.put("utimens", places.utimens, this::utimens);
    table.put("statfs", places.statfs, this::statfs);
    table.put("setxattr", places.setxattr, this::setxattr);
    table.put("getxattr", places.getxattr, this::getxattr);
    table.put("listxattr", places.listxattr, this::listxattr);
    table.put("removexattr", places.removexattr, this::removexattr);
  }

  private int getattr(long path, long stat) throws ErrnoException {
    Request request = Request.current();
    paths.find(path, request.attributes);
    request.stat.write(stat, request.attributes);
    return 0;
  }

  private int fgetattr(long path, long stat, long info) throws ErrnoException {
    Request request = Request.current();
    long node = openFiles.get(FileInfo.fileHandle(info)).file().node();
    fileSystem.attributes(node, request.attributes);
    request.stat.write(stat, request.attributes);
    return 0;
  }

  private int chmod(long path, long mode) throws ErrnoException {
    Request request = Request.current();
    AttributeChange change = begin(request, AttributeChange.MODE);
    change.mode = (int) mode;
    apply(path, request);
    request.privileges.modeChanged();
    return 0;
  }

  private int chown(long path, long userId, long groupId) throws ErrnoException {
    Request request = Request.current();
    AttributeChange change = begin(request, 0);
    change.userId = (int) userId;
    change.groupId = (int) groupId;
    change.valid |= change.userId == SAME_ID ? 0 : AttributeChange.UID;
    change.valid |= change.groupId == SAME_ID ? 0 : AttributeChange.GID;
    long node = paths.find(path, request.attributes);
    if (!request.privileges.isDirectory(node)) {
      change.valid |= AttributeChange.KILL_SUIDGID;
    }
    fileSystem.setAttributes(node, change, request.attributes);
    return 0;
  }

  private int truncate(long path, long sizeBytes) throws ErrnoException {
    Request request = Request.current();
    begin(request, AttributeChange.SIZE | AttributeChange.KILL_CAPABILITY).sizeBytes =
        size(sizeBytes);
    apply(path, request);
    return 0;
  }

  private int ftruncate(long path, long sizeBytes, long info) throws ErrnoException {
    Request request = Request.current();
    OpenFile file = openFiles.get(FileInfo.fileHandle(info)).file();
    AttributeChange change = begin(request, AttributeChange.SIZE | AttributeChange.KILL_CAPABILITY);
    change.sizeBytes = size(sizeBytes);
    change.openFile = file;
    fileSystem.setAttributes(file.node(), change, request.attributes);
    return 0;
  }

  private static long size(long sizeBytes) throws ErrnoException {
    if (sizeBytes < 0) {
      throw new ErrnoException(Errno.EINVAL);
    }
    return sizeBytes;
  }

  private int utimens(long path, long times) throws ErrnoException {
    Request request = Request.current();
    AttributeChange change = begin(request, 0);
    long accessNanos = MEMORY.getLong(times + NANOS);
    if (accessNanos == UTIME_NOW) {
      change.valid |= AttributeChange.ATIME_NOW;
    } else if (accessNanos != UTIME_OMIT) {
      change.valid |= AttributeChange.ATIME;
      change.accessSeconds = MEMORY.getLong(times);
      change.accessNanos = (int) accessNanos;
    }
    long modifyNanos = MEMORY.getLong(times + TIMESPEC_BYTES + NANOS);
    if (modifyNanos == UTIME_NOW) {
      change.valid |= AttributeChange.MTIME_NOW;
    } else if (modifyNanos != UTIME_OMIT) {
      change.valid |= AttributeChange.MTIME;
      change.modifySeconds = MEMORY.getLong(times + TIMESPEC_BYTES);
      change.modifyNanos = (int) modifyNanos;
    }
    apply(path, request);
    return 0;
  }

  private static AttributeChange begin(Request request, int valid) {
    request.change.openFile = null;
    request.change.caller = request.caller();
    request.change.valid = valid;
    return request.change;
  }

  private void apply(long path, Request request) throws ErrnoException {
    long node = paths.find(path, request.attributes);
    fileSystem.setAttributes(node, request.change, request.attributes);
  }

  private int statfs(long path, long statvfs) throws ErrnoException {
    FileSystemStatistics statistics = new FileSystemStatistics();
    long node = paths.find(path, Request.current().attributes);
    fileSystem.statistics(node, statistics);
    Request.current().stat.write(statvfs, statistics);
    return 0;
  }

  private int setxattr(long path, long name, long value, long valueBytes, long flags)
      throws ErrnoException {
    Request request = Request.current();
    byte[] bytes = new byte[(int) valueBytes];
    MEMORY.getByteArray(value, bytes, 0, bytes.length);
    byte[] nameBytes = Paths.bytes(name);
    fileSystem.setExtendedAttribute(
        paths.find(path, request.attributes), nameBytes, bytes, (int) flags);
    request.privileges.xattrChanged(nameBytes);
    return 0;
  }

  private int getxattr(long path, long name, long buffer, long bufferBytes) throws ErrnoException {
    long node = paths.find(path, Request.current().attributes);
    return sized(fileSystem.extendedAttribute(node, Paths.bytes(name)), buffer, bufferBytes);
  }

  private int listxattr(long path, long buffer, long bufferBytes) throws ErrnoException {
    long node = paths.find(path, Request.current().attributes);
    byte[] names = fileSystem.extendedAttributeNames(node);
    int userId = Request.current().caller().userId();
    return sized(AttributeNames.visible(names, userId), buffer, bufferBytes);
  }

  /** Answers a value, or its length to who asks with no room. */
  private static int sized(byte[] value, long buffer, long bufferBytes) throws ErrnoException {
    if (bufferBytes == 0) {
      return value.length;
    }
    if (value.length > bufferBytes) {
      throw new ErrnoException(Errno.ERANGE);
    }
    MEMORY.putByteArray(buffer, value, 0, value.length);
    return value.length;
  }

  private int removexattr(long path, long name) throws ErrnoException {
    long node = paths.find(path, Request.current().attributes);
    fileSystem.removeExtendedAttribute(node, Paths.bytes(name));
    return 0;
  }
}
