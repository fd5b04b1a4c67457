package dev.pando.daemon.fuse.jnr;

import com.kenai.jffi.CallContext;
import com.kenai.jffi.CallingConvention;
import com.kenai.jffi.Invoker;
import com.kenai.jffi.MemoryIO;
import com.kenai.jffi.Type;
import dev.pando.daemon.fuse.AwaitedCompletion;
import dev.pando.daemon.tree.Attributes;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.FileSystem;
import jnr.ffi.Memory;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;
import jnr.ffi.Struct;
import ru.serce.jnrfuse.struct.FileStat;
import ru.serce.jnrfuse.struct.FuseOperations;

/**
 * Operations that read directories. Cookies are persistent, so an open directory has no state but
 * its node, by which it is read even when it has been removed.
 */
final class DirectoryOperations {
  private static final MemoryIO MEMORY = MemoryIO.getInstance();

  /** {@code int fuse_fill_dir_t(void *buffer, const char *name, const struct stat *, off_t)}. */
  private static final CallContext FILLER =
      CallContext.getCallContext(
          Type.SINT,
          new Type[] {Type.POINTER, Type.POINTER, Type.POINTER, Type.SLONG_LONG},
          CallingConvention.DEFAULT,
          false);

  /** A name may have 255 bytes, and has a NUL. */
  private static final int NAME_BYTES = 256;

  private static final int STAT_BYTES = Struct.size(new FileStat(Runtime.getSystemRuntime()));

  private final FileSystem fileSystem;
  private final Paths paths;

  DirectoryOperations(FileSystem fileSystem, Paths paths) {
    this.fileSystem = fileSystem;
    this.paths = paths;
  }

  void putInto(OperationTable table) {
    FuseOperations places = table.places();
    table.put("opendir", places.opendir, this::opendir);
    table.put("readdir", places.readdir, this::readdir);
    // with the C signature (path, dataOnly, info); jnr-fuse's own has no dataOnly
    table.put("fsyncdir", places.fsyncdir, this::fsyncdir);
  }

  private int opendir(long path, long info) throws ErrnoException {
    FileInfo.fileHandle(info, paths.find(path, Request.current().attributes));
    return 0;
  }

  private int readdir(long path, long buffer, long filler, long cookie, long info)
      throws ErrnoException {
    Filling filling = new Filling(buffer, filler, Request.current().stat);
    long node = FileInfo.fileHandle(info);
    fileSystem.readDirectory(node, cookie, false, filling);
    if (Request.current().countsAsAccess()) {
      fileSystem.accessed(node);
    }
    return 0;
  }

  private int fsyncdir(long path, long dataOnly, long info) throws ErrnoException {
    AwaitedCompletion durable = new AwaitedCompletion();
    fileSystem.syncDirectory(FileInfo.fileHandle(info), durable);
    durable.await();
    return 0;
  }

  /** Hands entries to libfuse until its buffer is full. */
  private static final class Filling implements FileSystem.DirectorySink {
    private final long buffer;
    private final long filler;
    private final StatBuffer stat;
    private final Pointer scratch =
        Memory.allocateDirect(Runtime.getSystemRuntime(), STAT_BYTES + NAME_BYTES, true);

    Filling(long buffer, long filler, StatBuffer stat) {
      this.buffer = buffer;
      this.filler = filler;
      this.stat = stat;
    }

    @Override
    public boolean entry(long cookie, long node, int type, byte[] name, Attributes attributes) {
      long statAt = scratch.address();
      long nameAt = statAt + STAT_BYTES;
      stat.writeEntry(statAt, node, type);
      MEMORY.putZeroTerminatedByteArray(nameAt, name, 0, name.length);
      long full = Invoker.getInstance().invokeN4(FILLER, filler, buffer, nameAt, statAt, cookie);
      return (int) full == 0;
    }
  }
}
