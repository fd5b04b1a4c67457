package dev.pando.daemon.fuse.jnr;

import dev.pando.daemon.fuse.FaultLog;
import dev.pando.daemon.fuse.Mount;
import dev.pando.daemon.fuse.MountException;
import dev.pando.daemon.fuse.MountException.Reason;
import dev.pando.daemon.fuse.MountOptions;
import dev.pando.daemon.fuse.Mounter;
import dev.pando.daemon.fuse.Mountpoint;
import dev.pando.daemon.fuse.Notifier;
import dev.pando.daemon.fuse.OpenFiles;
import dev.pando.daemon.fuse.ServedMount;
import dev.pando.daemon.tree.FileSystem;
import java.nio.charset.StandardCharsets;
import java.util.List;
import jnr.ffi.Memory;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;

/**
 * The steps from a directory to a mount that answers: the table of operations, libfuse's mount,
 * threads, a first question. Used once.
 */
final class Mounting {
  private static final Runtime RUNTIME = Runtime.getSystemRuntime();

  private final LibFuse2.Functions library;
  private final FileSystem fileSystem;
  private final Mountpoint mountpoint;
  private final MountOptions options;

  Mounting(
      LibFuse2.Functions library,
      FileSystem fileSystem,
      Mountpoint mountpoint,
      MountOptions options) {
    this.library = library;
    this.fileSystem = fileSystem;
    this.mountpoint = mountpoint;
    this.options = options;
  }

  Mount mount() throws MountException {
    OpenFiles openFiles = new OpenFiles();
    OperationTable operations = operations(openFiles);
    long fuse = setUp(operations);
    LibFuseSession session = new LibFuseSession(library, fuse, operations, fileSystem, openFiles);
    try {
      session.start(JnrFuseTransport.THREADS);
    } catch (MountException failed) {
      Mounter.ofThisUser().unmount(mountpoint.path(), true);
      throw failed;
    }
    ServedMount mount = ServedMount.of(mountpoint, session, new SilentNotifier());
    mount.awaitAnswer();
    return mount;
  }

  private OperationTable operations(OpenFiles openFiles) {
    HiddenNames hidden = new HiddenNames();
    Paths paths = new Paths(fileSystem, hidden);
    OperationTable table = new OperationTable(new FaultLog());
    new NameOperations(fileSystem, paths, hidden).putInto(table);
    new AttributeOperations(fileSystem, paths, openFiles).putInto(table);
    new FileOperations(fileSystem, paths, openFiles, hidden).putInto(table);
    new DirectoryOperations(fileSystem, paths).putInto(table);
    return table;
  }

  /** Mounts; returns libfuse's {@code struct fuse}. */
  private long setUp(OperationTable operations) throws MountException {
    List<String> arguments =
        List.of("pando", mountpoint.path().toString(), "-f", "-o", LibFuseOptions.of(options));
    // libfuse wants to say where it mounted and whether -s was given: we know
    Pointer mountpointOut = Memory.allocateDirect(RUNTIME, Long.BYTES, true);
    Pointer multithreadedOut = Memory.allocateDirect(RUNTIME, Integer.BYTES, true);
    long fuse =
        library.fuse_setup(
            arguments.size(),
            argv(arguments),
            operations.memory(),
            operations.sizeBytes(),
            mountpointOut,
            multithreadedOut,
            0);
    if (fuse == 0) {
      throw refusal();
    }
    return fuse;
  }

  /** The arguments as {@code char *argv[]}, and behind it what it points to. */
  private static Pointer argv(List<String> arguments) {
    List<byte[]> texts =
        arguments.stream().map(text -> text.getBytes(StandardCharsets.UTF_8)).toList();
    int textAt = (texts.size() + 1) * Long.BYTES;
    int sizeBytes = textAt + texts.stream().mapToInt(text -> text.length + 1).sum();
    Pointer argv = Memory.allocateDirect(RUNTIME, sizeBytes, true);
    for (int index = 0; index < texts.size(); index++) {
      byte[] text = texts.get(index);
      argv.putAddress((long) index * Long.BYTES, argv.address() + textAt);
      argv.put(textAt, text, 0, text.length);
      textAt += text.length + 1;
    }
    return argv;
  }

  /** libfuse gives no reason but on standard error. */
  private MountException refusal() {
    if (!options.securityContext().isEmpty()) {
      return new MountException(
          Reason.OPTION, "the kernel refused context=: it may be without SELinux");
    }
    return new MountException(
        Reason.FAILED,
        "libfuse could not mount on "
            + mountpoint.path()
            + ": a user needs the program fusermount, of the package fuse3");
  }

  /** libfuse's path interface can tell the kernel nothing; see {@link JnrFuseTransport}. */
  private static final class SilentNotifier implements Notifier {
    @Override
    public void invalidateEntry(long parent, byte[] name) {}

    @Override
    public void invalidateInode(long node) {}

    @Override
    public void writeBack(long node) {}
  }
}
