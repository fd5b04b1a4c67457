package dev.pando.daemon.fuse.jnr;

import com.kenai.jffi.MemoryIO;
import dev.pando.daemon.fuse.jnr.Paths.Place;
import dev.pando.daemon.fuse.wire.Opcode;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.FileSystem;
import ru.serce.jnrfuse.struct.FuseOperations;

/** Operations about names: making, moving and removing them. */
final class NameOperations {
  private static final MemoryIO MEMORY = MemoryIO.getInstance();

  private final FileSystem fileSystem;
  private final Paths paths;
  private final HiddenNames hidden;

  NameOperations(FileSystem fileSystem, Paths paths, HiddenNames hidden) {
    this.fileSystem = fileSystem;
    this.paths = paths;
    this.hidden = hidden;
  }

  void putInto(OperationTable table) {
    FuseOperations places = table.places();
    table.put("readlink", places.readlink, this::readlink);
    table.put("mknod", places.mknod, this::mknod);
    table.put("mkdir", places.mkdir, this::mkdir);
    table.put("symlink", places.symlink, this::symlink);
    table.put("link", places.link, this::link);
    table.put("unlink", places.unlink, this::unlink);
    table.put("rmdir", places.rmdir, this::rmdir);
    table.put("rename", places.rename, this::rename);
  }

  /** Gives as much of the target as there is room for, and a NUL. */
  private int readlink(long path, long buffer, long bufferBytes) throws ErrnoException {
    long node = paths.find(path, Request.current().attributes);
    byte[] target = fileSystem.readLink(node);
    fileSystem.accessed(node);
    int length = (int) Math.min(target.length, bufferBytes - 1);
    MEMORY.putZeroTerminatedByteArray(buffer, target, 0, length);
    return 0;
  }

  private int mknod(long path, long mode, long device) throws ErrnoException {
    Request request = Request.current();
    Place place = paths.place(path);
    fileSystem.makeNode(
        place.parent(),
        place.name(),
        (int) mode,
        (int) device,
        request.caller(),
        request.attributes);
    return 0;
  }

  private int mkdir(long path, long mode) throws ErrnoException {
    Request request = Request.current();
    Place place = paths.place(path);
    fileSystem.makeDirectory(
        place.parent(), place.name(), (int) mode, request.caller(), request.attributes);
    return 0;
  }

  private int symlink(long target, long path) throws ErrnoException {
    Request request = Request.current();
    Place place = paths.place(path);
    fileSystem.makeSymlink(
        place.parent(), place.name(), Paths.bytes(target), request.caller(), request.attributes);
    return 0;
  }

  private int link(long from, long to) throws ErrnoException {
    Request request = Request.current();
    long node = paths.find(from, request.attributes);
    Place place = paths.place(to);
    fileSystem.link(node, place.parent(), place.name(), request.attributes);
    return 0;
  }

  /** Removes a name; outside of an UNLINK, it is libfuse that removes one of its own. */
  private int unlink(long path) throws ErrnoException {
    Place place = paths.place(path);
    if (Request.current().opcode() == Opcode.UNLINK) {
      fileSystem.unlink(place.parent(), place.name());
    } else {
      hidden.remove(place.parent(), place.name());
    }
    return 0;
  }

  private int rmdir(long path) throws ErrnoException {
    Place place = paths.place(path);
    fileSystem.removeDirectory(place.parent(), place.name());
    return 0;
  }

  /**
   * Renames, if that is what was asked for. Else libfuse hides a file that is open: in an UNLINK,
   * the file loses its name now; in a RENAME, when the one that replaces it takes the name, so that
   * there is always one of the two.
   */
  private int rename(long from, long to) throws ErrnoException {
    Request request = Request.current();
    Place source = paths.place(from);
    Place target = paths.place(to);
    boolean unlinks = request.opcode() == Opcode.UNLINK;
    if (!unlinks && request.renamesTo(target.name())) {
      fileSystem.rename(source.parent(), source.name(), target.parent(), target.name(), 0);
      return 0;
    }
    long node = paths.child(source, request.attributes);
    if (unlinks) {
      fileSystem.unlink(source.parent(), source.name());
    }
    hidden.add(target.parent(), target.name(), node);
    return 0;
  }
}
