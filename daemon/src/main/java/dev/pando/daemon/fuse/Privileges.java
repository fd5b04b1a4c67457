package dev.pando.daemon.fuse;

import dev.pando.daemon.tree.AttributeChange;
import dev.pando.daemon.tree.Attributes;
import dev.pando.daemon.tree.Caller;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.FileSystem;
import dev.pando.daemon.tree.Mode;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Supplier;

/**
 * Takes set-user-id and set-group-id bits and capabilities from a file that is written to, cut or
 * given away: the duty that comes with HANDLE_KILLPRIV_V2. The kernel asks for it with every write
 * by a process without CAP_FSETID, such as libvirt's QEMU; after the first, a file that can not
 * have gained any since costs nothing.
 */
public final class Privileges {
  private static final byte[] CAPABILITY =
      "security.capability".getBytes(StandardCharsets.US_ASCII);

  private final FileSystem fileSystem;
  private final OpenFiles openFiles;
  private final Supplier<Caller> caller;
  private final AttributeChange change = new AttributeChange();
  private final Attributes attributes = new Attributes();

  /**
   * @param caller who makes the request that is executed; asked only where bits may go
   */
  public Privileges(FileSystem fileSystem, OpenFiles openFiles, Supplier<Caller> caller) {
    this.fileSystem = fileSystem;
    this.openFiles = openFiles;
    this.caller = caller;
  }

  /**
   * An open file is about to be written to: takes its capabilities, and set-id bits from what
   * somebody writes who may not keep them.
   */
  public void written(Handle handle, boolean setIdToo) throws ErrnoException {
    long epoch = openFiles.privilegeEpoch();
    if (setIdToo ? handle.withoutSetIdSince() != epoch : handle.incapableSince() != epoch) {
      kill(handle.file().node(), setIdToo);
      // what one who is in the file's group has left another may have to take
      handle.unprivilegedSince(epoch, setIdToo && !Mode.hasSetId(attributes.mode));
    }
  }

  /** Takes all of them from a regular file, which need not be open. */
  public void drop(long node) throws ErrnoException {
    kill(node, true);
  }

  private void kill(long node, boolean setIdToo) throws ErrnoException {
    change.valid = setIdToo ? AttributeChange.KILL_SUIDGID : AttributeChange.KILL_CAPABILITY;
    change.caller = caller.get();
    fileSystem.setAttributes(node, change, attributes);
  }

  /** Whether {@code node} is a directory, whose set-group-id bit is no privilege. */
  public boolean isDirectory(long node) throws ErrnoException {
    fileSystem.attributes(node, attributes);
    return Mode.isDirectory(attributes.mode);
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
