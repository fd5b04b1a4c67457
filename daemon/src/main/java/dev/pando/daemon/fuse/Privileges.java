package dev.pando.daemon.fuse;

import dev.pando.daemon.tree.AttributeChange;
import dev.pando.daemon.tree.Attributes;
import dev.pando.daemon.tree.Errno;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.FileSystem;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Takes set-user-id and set-group-id bits and capabilities from a file that is written to, cut or
 * given away: the duty that comes with HANDLE_KILLPRIV_V2. The kernel asks for it with every write
 * by a process without CAP_FSETID, such as libvirt's QEMU; after the first, a file that can not
 * have gained any since costs nothing.
 */
public final class Privileges {
  private static final byte[] CAPABILITY =
      "security.capability".getBytes(StandardCharsets.US_ASCII);

  private static final int TYPE_MASK = 0xf000;
  private static final int TYPE_DIRECTORY = 0x4000;

  private static final int SET_USER_ID = 0x800;
  private static final int SET_GROUP_ID = 0x400;

  private final FileSystem fileSystem;
  private final OpenFiles openFiles;
  private final AttributeChange change = new AttributeChange();
  private final Attributes attributes = new Attributes();

  public Privileges(FileSystem fileSystem, OpenFiles openFiles) {
    this.fileSystem = fileSystem;
    this.openFiles = openFiles;
  }

  /** Takes them from an open file, if it may have any. */
  public void drop(Handle handle) throws ErrnoException {
    long epoch = openFiles.privilegeEpoch();
    if (handle.unprivilegedSince() != epoch) {
      drop(handle.file().node());
      handle.unprivilegedSince(epoch);
    }
  }

  /** Takes them from a regular file, which need not be open. */
  public void drop(long node) throws ErrnoException {
    fileSystem.attributes(node, attributes);
    if ((attributes.mode & (SET_USER_ID | SET_GROUP_ID)) != 0) {
      change.valid = AttributeChange.KILL_SUIDGID;
      fileSystem.setAttributes(node, change, attributes);
    }
    dropCapabilities(node);
  }

  /** Takes the capabilities alone; the bits go with a change that is about to be made. */
  public void dropCapabilities(long node) throws ErrnoException {
    try {
      fileSystem.removeExtendedAttribute(node, CAPABILITY);
    } catch (ErrnoException refused) {
      if (refused.errno() != Errno.ENODATA && refused.errno() != Errno.EOPNOTSUPP) {
        throw refused;
      }
    }
  }

  /** Whether {@code node} is a directory, whose set-group-id bit is no privilege. */
  public boolean isDirectory(long node) throws ErrnoException {
    fileSystem.attributes(node, attributes);
    return (attributes.mode & TYPE_MASK) == TYPE_DIRECTORY;
  }

  /** To be called after a change of mode: it may have set a bit. */
  public void modeChanged() {
    openFiles.privilegesGranted();
  }

  /** To be called after an extended attribute was set: it may be a capability. */
  public void xattrChanged(byte[] name) {
    if (Arrays.equals(name, CAPABILITY)) {
      openFiles.privilegesGranted();
    }
  }
}
