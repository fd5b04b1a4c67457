package dev.pando.daemon.fuse.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.pando.daemon.tree.Attributes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import java.util.function.IntConsumer;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.Test;

/** The numbers here were printed by a C program over the kernel's header, protocol 7.45. */
class LayoutTest {
  /** Not 0, so that an offset that forgets the base is seen. */
  private static final int BASE = 64;

  private final ByteBuffer memory = ByteBuffer.allocateDirect(1024).order(ByteOrder.nativeOrder());

  /** Fills the memory with bytes that differ, so that each place is told from any other. */
  private void fill() {
    new Random(7).ints(memory.capacity()).forEach(new Filler());
  }

  private final class Filler implements IntConsumer {
    private int at;

    @Override
    public void accept(int value) {
      memory.put(at++, (byte) value);
    }
  }

  private void reads(int value, int offset) {
    assertEquals(memory.getInt(BASE + offset), value);
  }

  private void reads(long value, int offset) {
    assertEquals(memory.getLong(BASE + offset), value);
  }

  private void writes32(IntConsumer field, int offset) {
    field.accept(0x12345678);
    assertEquals(0x12345678, memory.getInt(BASE + offset));
  }

  private void writes16(IntConsumer field, int offset) {
    field.accept(0x1234);
    assertEquals(0x1234, memory.getShort(BASE + offset));
  }

  private void writes64(LongConsumer field, int offset) {
    field.accept(0x123456789abcdef0L);
    assertEquals(0x123456789abcdef0L, memory.getLong(BASE + offset));
  }

  @Test
  void headers() {
    fill();
    assertEquals(40, InHeader.BYTES);
    InHeader in = new InHeader(memory, BASE);
    reads(in.lengthBytes(), 0);
    reads(in.opcode(), 4);
    reads(in.unique(), 8);
    reads(in.node(), 16);
    reads(in.userId(), 24);
    reads(in.groupId(), 28);
    reads(in.processId(), 32);
    assertEquals(16, OutHeader.BYTES);
    OutHeader out = new OutHeader(memory, BASE);
    writes32(out::lengthBytes, 0);
    writes32(out::error, 4);
    writes64(out::unique, 8);
  }

  @Test
  void init() {
    fill();
    assertEquals(64, InitIn.BYTES);
    InitIn in = new InitIn(memory, BASE);
    reads(in.major(), 0);
    reads(in.minor(), 4);
    reads(in.maxReadahead(), 8);
    reads(in.flags(), 12);
    reads(in.flags2(), 16);
    assertEquals(64, InitOut.BYTES);
    InitOut out = new InitOut(memory, BASE);
    writes32(out::major, 0);
    writes32(out::minor, 4);
    writes32(out::maxReadahead, 8);
    writes32(out::flags, 12);
    writes16(out::maxBackground, 16);
    writes16(out::congestionThreshold, 18);
    writes32(out::maxWriteBytes, 20);
    writes32(out::timeGranularityNanos, 24);
    writes16(out::maxPages, 28);
    writes16(out::mapAlignment, 30);
    writes32(out::flags2, 32);
    writes32(out::maxStackDepth, 36);
    writes16(out::requestTimeoutSeconds, 40);
  }

  @Test
  void attributeRequests() {
    fill();
    assertEquals(16, GetattrIn.BYTES);
    GetattrIn getattr = new GetattrIn(memory, BASE);
    reads(getattr.flags(), 0);
    reads(getattr.fileHandle(), 8);
    assertEquals(88, SetattrIn.BYTES);
    SetattrIn setattr = new SetattrIn(memory, BASE);
    reads(setattr.valid(), 0);
    reads(setattr.fileHandle(), 8);
    reads(setattr.sizeBytes(), 16);
    reads(setattr.accessSeconds(), 32);
    reads(setattr.modifySeconds(), 40);
    reads(setattr.changeSeconds(), 48);
    reads(setattr.accessNanos(), 56);
    reads(setattr.modifyNanos(), 60);
    reads(setattr.changeNanos(), 64);
    reads(setattr.mode(), 68);
    reads(setattr.userId(), 76);
    reads(setattr.groupId(), 80);
    assertEquals(24, StatxIn.BYTES);
    StatxIn statx = new StatxIn(memory, BASE);
    reads(statx.getattrFlags(), 0);
    reads(statx.fileHandle(), 8);
    reads(statx.flags(), 16);
    reads(statx.mask(), 20);
    assertEquals(8, SetxattrIn.BYTES);
    SetxattrIn setxattr = new SetxattrIn(memory, BASE);
    reads(setxattr.sizeBytes(), 0);
    reads(setxattr.flags(), 4);
    assertEquals(8, GetxattrIn.BYTES);
    reads(new GetxattrIn(memory, BASE).sizeBytes(), 0);
  }

  @Test
  void nameRequests() {
    fill();
    assertEquals(16, MknodIn.BYTES);
    MknodIn mknod = new MknodIn(memory, BASE);
    reads(mknod.mode(), 0);
    reads(mknod.device(), 4);
    reads(mknod.umask(), 8);
    assertEquals(8, MkdirIn.BYTES);
    MkdirIn mkdir = new MkdirIn(memory, BASE);
    reads(mkdir.mode(), 0);
    reads(mkdir.umask(), 4);
    assertEquals(8, RenameIn.BYTES);
    reads(new RenameIn(memory, BASE).newParent(), 0);
    assertEquals(16, Rename2In.BYTES);
    Rename2In rename2 = new Rename2In(memory, BASE);
    reads(rename2.newParent(), 0);
    reads(rename2.flags(), 8);
    assertEquals(8, LinkIn.BYTES);
    reads(new LinkIn(memory, BASE).oldNode(), 0);
  }

  @Test
  void fileRequests() {
    fill();
    assertEquals(8, OpenIn.BYTES);
    OpenIn open = new OpenIn(memory, BASE);
    reads(open.flags(), 0);
    reads(open.openFlags(), 4);
    assertEquals(16, CreateIn.BYTES);
    CreateIn create = new CreateIn(memory, BASE);
    reads(create.flags(), 0);
    reads(create.mode(), 4);
    reads(create.umask(), 8);
    reads(create.openFlags(), 12);
    assertEquals(24, ReleaseIn.BYTES);
    ReleaseIn release = new ReleaseIn(memory, BASE);
    reads(release.fileHandle(), 0);
    reads(release.flags(), 8);
    assertEquals(16, FsyncIn.BYTES);
    FsyncIn fsync = new FsyncIn(memory, BASE);
    reads(fsync.fileHandle(), 0);
    reads(fsync.flags(), 8);
    assertEquals(40, ReadIn.BYTES);
    ReadIn read = new ReadIn(memory, BASE);
    reads(read.fileHandle(), 0);
    reads(read.offset(), 8);
    reads(read.sizeBytes(), 16);
    reads(read.flags(), 32);
    assertEquals(40, WriteIn.BYTES);
    WriteIn write = new WriteIn(memory, BASE);
    reads(write.fileHandle(), 0);
    reads(write.offset(), 8);
    reads(write.sizeBytes(), 16);
    reads(write.writeFlags(), 20);
    reads(write.flags(), 32);
  }

  @Test
  void rangeRequests() {
    fill();
    assertEquals(32, FallocateIn.BYTES);
    FallocateIn fallocate = new FallocateIn(memory, BASE);
    reads(fallocate.fileHandle(), 0);
    reads(fallocate.offset(), 8);
    reads(fallocate.lengthBytes(), 16);
    reads(fallocate.mode(), 24);
    assertEquals(24, LseekIn.BYTES);
    LseekIn lseek = new LseekIn(memory, BASE);
    reads(lseek.fileHandle(), 0);
    reads(lseek.offset(), 8);
    reads(lseek.whence(), 16);
    assertEquals(56, CopyFileRangeIn.BYTES);
    CopyFileRangeIn copy = new CopyFileRangeIn(memory, BASE);
    reads(copy.fileHandleIn(), 0);
    reads(copy.offsetIn(), 8);
    reads(copy.nodeOut(), 16);
    reads(copy.fileHandleOut(), 24);
    reads(copy.offsetOut(), 32);
    reads(copy.lengthBytes(), 40);
    reads(copy.flags(), 48);
  }

  @Test
  void smallReplies() {
    assertEquals(16, OpenOut.BYTES);
    OpenOut open = new OpenOut(memory, BASE);
    writes64(open::fileHandle, 0);
    writes32(open::openFlags, 8);
    writes32(open::backingId, 12);
    assertEquals(8, WriteOut.BYTES);
    writes32(new WriteOut(memory, BASE)::sizeBytes, 0);
    assertEquals(8, GetxattrOut.BYTES);
    writes32(new GetxattrOut(memory, BASE)::sizeBytes, 0);
    assertEquals(8, LseekOut.BYTES);
    writes64(new LseekOut(memory, BASE)::offset, 0);
    assertEquals(8, CopyFileRangeOut.BYTES);
    writes64(new CopyFileRangeOut(memory, BASE)::bytesCopied, 0);
    assertEquals(80, StatfsOut.BYTES);
    StatfsOut statfs = new StatfsOut(memory, BASE);
    writes64(statfs::blocks, 0);
    writes64(statfs::freeBlocks, 8);
    writes64(statfs::availableBlocks, 16);
    writes64(statfs::files, 24);
    writes64(statfs::freeFiles, 32);
    writes32(statfs::blockBytes, 40);
    writes32(statfs::nameMax, 44);
    writes32(statfs::fragmentBytes, 48);
  }

  @Test
  void notifications() {
    assertEquals(24, InvalInodeOut.BYTES);
    InvalInodeOut inode = new InvalInodeOut(memory, BASE);
    writes64(inode::node, 0);
    writes64(inode::offset, 8);
    writes64(inode::lengthBytes, 16);
    assertEquals(16, InvalEntryOut.BYTES);
    InvalEntryOut entry = new InvalEntryOut(memory, BASE);
    writes64(entry::parent, 0);
    writes32(entry::nameBytes, 8);
    writes32(entry::flags, 12);
  }

  private static Attributes sample() {
    Attributes attributes = new Attributes();
    attributes.node = 101;
    attributes.sizeBytes = 102;
    attributes.sectors = 103;
    attributes.mode = 0100644;
    attributes.linkCount = 105;
    attributes.userId = 106;
    attributes.groupId = 107;
    attributes.device = (8 << 8) | 17;
    attributes.accessSeconds = -109;
    attributes.accessNanos = 110;
    attributes.modifySeconds = 111;
    attributes.modifyNanos = 112;
    attributes.changeSeconds = 113;
    attributes.changeNanos = 114;
    attributes.birthSeconds = 115;
    attributes.birthNanos = 116;
    return attributes;
  }

  private void holdsAttributes(int offset) {
    int at = BASE + offset;
    assertEquals(101, memory.getLong(at));
    assertEquals(102, memory.getLong(at + 8));
    assertEquals(103, memory.getLong(at + 16));
    assertEquals(-109, memory.getLong(at + 24));
    assertEquals(111, memory.getLong(at + 32));
    assertEquals(113, memory.getLong(at + 40));
    assertEquals(110, memory.getInt(at + 48));
    assertEquals(112, memory.getInt(at + 52));
    assertEquals(114, memory.getInt(at + 56));
    assertEquals(0100644, memory.getInt(at + 60));
    assertEquals(105, memory.getInt(at + 64));
    assertEquals(106, memory.getInt(at + 68));
    assertEquals(107, memory.getInt(at + 72));
    assertEquals((8 << 8) | 17, memory.getInt(at + 76));
    assertEquals(4096, memory.getInt(at + 80));
    assertEquals(0, memory.getInt(at + 84));
  }

  @Test
  void attributes() {
    fill();
    assertEquals(88, Attr.BYTES);
    assertEquals(104, AttrOut.BYTES);
    new AttrOut(memory, BASE).set(sample(), 5, 6);
    assertEquals(5, memory.getLong(BASE));
    assertEquals(6, memory.getInt(BASE + 8));
    holdsAttributes(16);
  }

  @Test
  void entries() {
    fill();
    assertEquals(128, EntryOut.BYTES);
    EntryOut entry = new EntryOut(memory, 0);
    entry.moveTo(BASE);
    entry.set(sample());
    entry.valid(1, 2, 3, 4);
    assertEquals(101, memory.getLong(BASE));
    assertEquals(0, memory.getLong(BASE + 8));
    assertEquals(1, memory.getLong(BASE + 16));
    assertEquals(3, memory.getLong(BASE + 24));
    assertEquals(2, memory.getInt(BASE + 32));
    assertEquals(4, memory.getInt(BASE + 36));
    holdsAttributes(40);
    entry.absent();
    assertEquals(0, memory.getLong(BASE));
  }

  @Test
  void statx() {
    fill();
    assertEquals(288, StatxOut.BYTES);
    new StatxOut(memory, BASE).set(sample(), 5, 6);
    assertEquals(5, memory.getLong(BASE));
    assertEquals(6, memory.getInt(BASE + 8));
    int at = BASE + 32;
    assertEquals(0xfff, memory.getInt(at));
    assertEquals(4096, memory.getInt(at + 4));
    assertEquals(105, memory.getInt(at + 16));
    assertEquals(106, memory.getInt(at + 20));
    assertEquals(107, memory.getInt(at + 24));
    assertEquals(0100644, Short.toUnsignedInt(memory.getShort(at + 28)));
    assertEquals(101, memory.getLong(at + 32));
    assertEquals(102, memory.getLong(at + 40));
    assertEquals(103, memory.getLong(at + 48));
    assertEquals(-109, memory.getLong(at + 64));
    assertEquals(110, memory.getInt(at + 72));
    assertEquals(115, memory.getLong(at + 80));
    assertEquals(116, memory.getInt(at + 88));
    assertEquals(113, memory.getLong(at + 96));
    assertEquals(111, memory.getLong(at + 112));
    assertEquals(8, memory.getInt(at + 128));
    assertEquals(17, memory.getInt(at + 132));
  }

  @Test
  void directoryEntriesArePaddedToEightBytes() {
    fill();
    assertEquals(32, Dirent.bytes(1));
    assertEquals(32, Dirent.bytes(8));
    assertEquals(40, Dirent.bytes(9));
    Dirent dirent = new Dirent(memory, BASE);
    dirent.set(7, 8, 0040755, new byte[] {'a', 'b', 'c'});
    assertEquals(7, memory.getLong(BASE));
    assertEquals(8, memory.getLong(BASE + 8));
    assertEquals(3, memory.getInt(BASE + 16));
    assertEquals(4, memory.getInt(BASE + 20));
    assertEquals('a', memory.get(BASE + 24));
    assertEquals('c', memory.get(BASE + 26));
    assertEquals(0, memory.get(BASE + 27));
    assertEquals(0, memory.get(BASE + 31));
  }

  @Test
  void numbersOfOpcodesAndFlags() {
    assertEquals(Opcode.READ, Opcode.of(15));
    assertEquals(Opcode.INIT, Opcode.of(26));
    assertEquals(Opcode.COPY_FILE_RANGE_64, Opcode.of(53));
    assertEquals(Opcode.UNKNOWN, Opcode.of(7));
    assertEquals(Opcode.UNKNOWN, Opcode.of(-1));
    assertEquals(Opcode.UNKNOWN, Opcode.of(4096));
    assertEquals(1L << 15, InitFlag.ASYNC_DIO.bit());
    assertEquals(1L << 22, InitFlag.MAX_PAGES.bit());
    assertEquals(1L << 36, InitFlag.DIRECT_IO_ALLOW_MMAP.bit());
  }

  @Test
  void aBufferInAnotherByteOrderIsRefused() {
    ByteOrder other =
        ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN
            ? ByteOrder.LITTLE_ENDIAN
            : ByteOrder.BIG_ENDIAN;
    ByteBuffer wrong = ByteBuffer.allocate(64).order(other);
    assertThrows(IllegalArgumentException.class, () -> new InHeader(wrong, 0));
  }

  @Test
  void forgets() {
    fill();
    BatchForgetIn in = new BatchForgetIn(memory, BASE);
    assertEquals(8, BatchForgetIn.BYTES);
    assertEquals(16, BatchForgetIn.ONE_BYTES);
    reads(in.count(), 0);
    reads(in.node(0), 8);
    reads(in.node(3), 8 + 3 * 16);
  }
}
