package dev.pando.daemon.fuse;

import dev.pando.daemon.tree.AttributeChange;
import dev.pando.daemon.tree.Attributes;
import dev.pando.daemon.tree.Caller;
import dev.pando.daemon.tree.Errno;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.OpenFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * A root directory with one file of the host in it and no store behind it: peer T of the
 * benchmarks, which shows what the transport alone can do.
 */
public final class OneFileSystem extends RefusingFileSystem {
  /** The name of the one file. */
  public static final String NAME = "disk.img";

  private static final byte[] NAME_BYTES = NAME.getBytes(StandardCharsets.UTF_8);
  private static final long FILE = 2;

  private final HostFile file;

  /**
   * @param path the file of the host
   * @param direct whether the kernel keeps no pages of it
   */
  public OneFileSystem(Path path, boolean direct) {
    file = new HostFile(path, FILE, direct);
  }

  @Override
  public void lookup(long parent, byte[] name, Attributes out) throws ErrnoException {
    if (parent != ROOT || !Arrays.equals(name, NAME_BYTES)) {
      throw new ErrnoException(Errno.ENOENT);
    }
    attributes(FILE, out);
  }

  @Override
  public void attributes(long node, Attributes out) {
    boolean root = node == ROOT;
    out.node = node;
    out.mode = root ? 040755 : 0100666;
    out.linkCount = root ? 2 : 1;
    out.sizeBytes = root ? 4096 : file.sizeBytes();
    out.sectors = out.sizeBytes / 512;
  }

  @Override
  public void setAttributes(long node, AttributeChange change, Attributes out)
      throws ErrnoException {
    if (node == FILE && change.has(AttributeChange.SIZE)) {
      file.resize(change.sizeBytes);
    }
    attributes(node, out);
  }

  @Override
  public OpenFile open(long node, int flags, Caller caller) throws ErrnoException {
    if (node != FILE) {
      throw new ErrnoException(Errno.EISDIR);
    }
    return file;
  }

  @Override
  public void readDirectory(long node, long cookie, boolean withAttributes, DirectorySink sink) {
    if (cookie == 0) {
      Attributes attributes = new Attributes();
      attributes(FILE, attributes);
      boolean unused =
          sink.entry(1, FILE, attributes.mode, NAME_BYTES, withAttributes ? attributes : null);
    }
  }
}
