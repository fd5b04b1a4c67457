package dev.pando.daemon.fuse.kernel;

import static dev.pando.daemon.fuse.kernel.FakeKernel.body;

import dev.pando.daemon.fuse.wire.Opcode;
import dev.pando.daemon.fuse.wire.Protocol;
import dev.pando.daemon.tree.Attributes;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.FileSystem;
import dev.pando.daemon.tree.TreeBench;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;

/**
 * Requests as the kernel makes them, of every opcode, about a directory of a real tree that has one
 * of everything in it. They are good as long as the directory is as it was made.
 */
final class SampleRequests {
  /** A request without its header. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Sample(Opcode opcode, long node, byte[] body) {}

  private static final int READ_WRITE = 2;

  private final Random random;
  private final long directory;
  private final long subdirectory;
  private final long file;
  private final long image;
  private final long symlink;
  private final long handle;
  private final long imageHandle;

  /** Makes a directory of this name in the root, and opens two files of it. */
  SampleRequests(FakeKernel kernel, TreeBench bench, String name, Random random)
      throws ErrnoException {
    this.random = random;
    directory = bench.makeDirectory(name);
    subdirectory = bench.makeDirectory(name + "/sub");
    bench.makeDirectory(name + "/empty");
    bench.write(name + "/file", "some text");
    bench.write(name + "/disk.img", "x".repeat(20_000));
    bench.write(name + "/sub/deep", "");
    Attributes out = new Attributes();
    bench
        .tree()
        .makeSymlink(
            directory, TreeBench.bytes("link"), TreeBench.bytes("file"), TreeBench.CALLER, out);
    symlink = out.node;
    file = bench.node(name + "/file");
    image = bench.node(name + "/disk.img");
    bench.tree().setExtendedAttribute(file, TreeBench.bytes("user.x"), new byte[100], 0);
    handle = open(kernel, file);
    imageHandle = open(kernel, image);
  }

  private static long open(FakeKernel kernel, long node) {
    kernel.ask(Opcode.OPEN, node, body(READ_WRITE, 0));
    if (kernel.answer().error() != 0) {
      throw new AssertionError("a good OPEN failed");
    }
    return kernel.bodyLong(0);
  }

  /** What GETATTR must answer, for as long as the tree is right. */
  long directory() {
    return directory;
  }

  /** The files that are open. */
  List<Long> handles() {
    return List.of(handle, imageHandle);
  }

  /** Numbers that mean something here. */
  long anyNumber() {
    long[] numbers = {
      directory, subdirectory, file, image, symlink, handle, imageHandle, FileSystem.ROOT
    };
    return numbers[random.nextInt(numbers.length)];
  }

  /** One of every opcode's, at random. */
  Sample any() {
    List<Sample> samples = all();
    return samples.get(random.nextInt(samples.size()));
  }

  private static byte[] z(String name) {
    return (name + "\0").getBytes(StandardCharsets.UTF_8);
  }

  private String fresh() {
    return "n" + random.nextInt(1000);
  }

  /** Every bit that SETATTR has, in any combination. */
  private byte[] setattr(long fileHandle) {
    int valid = random.nextInt(1 << 12) & ~(fileHandle == 0 ? Protocol.FATTR_FH : 0);
    return body(
        valid,
        0,
        fileHandle,
        (long) random.nextInt(1 << 16),
        0L,
        1L,
        2L,
        3L,
        4,
        5,
        6,
        random.nextInt(1 << 16),
        0,
        random.nextInt(5),
        random.nextInt(5),
        0);
  }

  private byte[] read(long fileHandle, int size) {
    return body(fileHandle, (long) random.nextInt(30_000), size, 0, 0L, 0, 0);
  }

  private byte[] write(long fileHandle, int length) {
    byte[] data = new byte[length];
    random.nextBytes(data);
    return body(fileHandle, (long) random.nextInt(30_000), length, 0, 0L, 0, 0, data);
  }

  private byte[] copy(long from, long to, long target) {
    return body(from, 0L, target, to, 8192L, 4096L, 0L);
  }

  private List<Sample> all() {
    return List.of(
        new Sample(Opcode.LOOKUP, directory, z("file")),
        new Sample(Opcode.LOOKUP, directory, z("absent")),
        new Sample(Opcode.FORGET, file, body(1L)),
        new Sample(Opcode.BATCH_FORGET, 0, body(2, 0, file, 1L, image, 1L)),
        new Sample(Opcode.INTERRUPT, 0, body(2L)),
        new Sample(Opcode.NOTIFY_REPLY, file, body(0L, 0L, 0, 0, 0L, 0L)),
        new Sample(Opcode.GETATTR, file, body(0, 0, 0L)),
        new Sample(Opcode.SETATTR, file, setattr(0)),
        new Sample(Opcode.SETATTR, image, setattr(imageHandle)),
        new Sample(Opcode.SETATTR, subdirectory, setattr(0)),
        new Sample(Opcode.STATX, file, body(0, 0, 0L, 0, 0xfff)),
        new Sample(Opcode.READLINK, symlink, new byte[0]),
        new Sample(Opcode.SYMLINK, directory, body(z(fresh()), z("target"))),
        new Sample(Opcode.MKNOD, directory, body(0100644, 0, 022, 0, z(fresh()))),
        new Sample(Opcode.MKNOD, directory, body(0020644, 0x103, 022, 0, z(fresh()))),
        new Sample(Opcode.MKDIR, directory, body(0755, 022, z(fresh()))),
        new Sample(Opcode.UNLINK, directory, z(fresh())),
        new Sample(Opcode.RMDIR, directory, z("empty")),
        new Sample(Opcode.RENAME, directory, body(subdirectory, z(fresh()), z(fresh()))),
        new Sample(Opcode.RENAME2, directory, body(directory, 1, 0, z("file"), z(fresh()))),
        new Sample(Opcode.RENAME2, directory, body(subdirectory, 2, 0, z("link"), z("deep"))),
        new Sample(Opcode.LINK, subdirectory, body(file, z(fresh()))),
        new Sample(Opcode.OPEN, image, body(READ_WRITE, 0)),
        new Sample(Opcode.CREATE, directory, body(0102, 0100644, 022, 0, z(fresh()))),
        new Sample(Opcode.TMPFILE, directory, body(020000002, 0100600, 022, 0, z("x"))),
        new Sample(Opcode.READ, image, read(imageHandle, 4096)),
        new Sample(Opcode.READ, file, read(handle, 1 << 20)),
        new Sample(Opcode.WRITE, image, write(imageHandle, 4096)),
        new Sample(Opcode.WRITE, file, write(handle, 13)),
        new Sample(Opcode.STATFS, directory, new byte[0]),
        new Sample(Opcode.RELEASE, file, body(handle, 0, 0, 0L)),
        new Sample(Opcode.FSYNC, file, body(handle, 1, 0)),
        new Sample(Opcode.FSYNCDIR, directory, body(0L, 0, 0)),
        new Sample(Opcode.SETXATTR, file, body(3, 0, z("user.y"), new byte[3])),
        new Sample(Opcode.GETXATTR, file, body(1000, 0, z("user.x"))),
        new Sample(Opcode.GETXATTR, file, body(0, 0, z("user.x"))),
        new Sample(Opcode.LISTXATTR, file, body(1000, 0)),
        new Sample(Opcode.REMOVEXATTR, file, z("user.y")),
        new Sample(Opcode.FLUSH, file, body(handle, 0, 0, 0L)),
        new Sample(Opcode.OPENDIR, directory, body(0200000, 0)),
        new Sample(Opcode.READDIR, directory, body(0L, 0L, 4096, 0, 0L, 0, 0)),
        new Sample(Opcode.READDIRPLUS, directory, body(0L, 0L, 4096, 0, 0L, 0, 0)),
        new Sample(Opcode.RELEASEDIR, directory, body(0L, 0, 0, 0L)),
        new Sample(Opcode.ACCESS, file, body(4, 0)),
        new Sample(Opcode.SETLK, file, body(handle, 1L, 0L, 10L, 1, 0, 0, 0)),
        new Sample(Opcode.BMAP, file, body(0L, 4096, 0)),
        new Sample(Opcode.DESTROY, 0, new byte[0]),
        new Sample(Opcode.IOCTL, file, body(handle, 0, 0x1234, 0L, 8, 8, new byte[8])),
        new Sample(Opcode.POLL, file, body(handle, 1L, 0, 1)),
        new Sample(Opcode.FALLOCATE, image, body(imageHandle, 4096L, 8192L, 3, 0)),
        new Sample(Opcode.FALLOCATE, image, body(imageHandle, 0L, 50_000L, 0, 0)),
        new Sample(Opcode.LSEEK, image, body(imageHandle, 0L, 3, 0)),
        new Sample(Opcode.COPY_FILE_RANGE, image, copy(imageHandle, handle, file)),
        new Sample(Opcode.COPY_FILE_RANGE_64, image, copy(imageHandle, handle, file)),
        new Sample(Opcode.SYNCFS, directory, body(0L)),
        new Sample(Opcode.INIT, 0, body(7, 45, 1 << 17, -1, -1, new byte[44])));
  }
}
