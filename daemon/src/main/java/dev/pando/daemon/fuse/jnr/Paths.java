package dev.pando.daemon.fuse.jnr;

import com.kenai.jffi.MemoryIO;
import dev.pando.daemon.tree.Attributes;
import dev.pando.daemon.tree.Errno;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.FileSystem;
import java.util.Arrays;

/**
 * Follows the paths that libfuse makes of the names it was told, component by component: nothing is
 * remembered, so nothing can be out of date. Paths are bytes ended by a NUL. Thread-safe.
 */
final class Paths {
  private static final MemoryIO MEMORY = MemoryIO.getInstance();

  private final FileSystem fileSystem;
  private final HiddenNames hidden;

  Paths(FileSystem fileSystem, HiddenNames hidden) {
    this.fileSystem = fileSystem;
    this.hidden = hidden;
  }

  /** A name and the directory it is in, whether there is such a name or not. */
  @SuppressWarnings("ArrayRecordComponent") // lives for one operation
  record Place(long parent, byte[] name) {}

  /** The bytes at {@code address} up to a NUL. */
  static byte[] bytes(long address) {
    return MEMORY.getZeroTerminatedByteArray(address);
  }

  /** The node that the path at {@code address} leads to, with its attributes. */
  long find(long address, Attributes out) throws ErrnoException {
    byte[] path = bytes(address);
    if (path.length <= 1) {
      fileSystem.attributes(FileSystem.ROOT, out);
      return FileSystem.ROOT;
    }
    return child(place(path, out), out);
  }

  /** Where the path at {@code address} ends. */
  Place place(long address) throws ErrnoException {
    return place(bytes(address), new Attributes());
  }

  private Place place(byte[] path, Attributes scratch) throws ErrnoException {
    long node = FileSystem.ROOT;
    int from = 1;
    for (int at = 1; at < path.length; at++) {
      if (path[at] == '/') {
        node = child(new Place(node, Arrays.copyOfRange(path, from, at)), scratch);
        from = at + 1;
      }
    }
    if (from >= path.length) {
      // the root has no name
      throw new ErrnoException(Errno.EBUSY);
    }
    return new Place(node, Arrays.copyOfRange(path, from, path.length));
  }

  /** The node at this place, with its attributes. */
  long child(Place place, Attributes out) throws ErrnoException {
    long node = hidden.find(place.parent(), place.name());
    if (node != 0) {
      fileSystem.attributes(node, out);
      // libfuse believes in the hidden name, and takes it off again for who asks
      out.linkCount++;
      return node;
    }
    fileSystem.lookup(place.parent(), place.name(), out);
    return out.node;
  }
}
