package dev.pando.daemon.fuse.kernel;

import dev.pando.daemon.fuse.CachePolicy;
import dev.pando.daemon.fuse.wire.AttrOut;
import dev.pando.daemon.fuse.wire.CopyFileRangeOut;
import dev.pando.daemon.fuse.wire.EntryOut;
import dev.pando.daemon.fuse.wire.GetxattrOut;
import dev.pando.daemon.fuse.wire.InitOut;
import dev.pando.daemon.fuse.wire.LseekOut;
import dev.pando.daemon.fuse.wire.OpenOut;
import dev.pando.daemon.fuse.wire.OutHeader;
import dev.pando.daemon.fuse.wire.StatfsOut;
import dev.pando.daemon.fuse.wire.StatxOut;
import dev.pando.daemon.fuse.wire.WriteOut;
import dev.pando.daemon.tree.Attributes;
import dev.pando.daemon.tree.Mode;
import java.nio.ByteBuffer;

/**
 * The reply that is made in a worker's slot. What fills in a body returns its length in bytes; so
 * do the handlers of requests.
 */
final class Reply {
  /** Instead of a body's length: no reply, or not now and not by this worker. */
  static final int NONE = -1;

  final InitOut init;
  final StatfsOut statfs;

  private final Slot slot;
  private final OutHeader header;
  private final EntryOut entry;
  private final AttrOut attr;
  private final StatxOut statx;
  private final OpenOut open;
  private final OpenOut openAfterEntry;
  private final WriteOut write;
  private final GetxattrOut getxattr;
  private final LseekOut lseek;
  private final CopyFileRangeOut copyFileRange;

  private final int bodyAt;
  private final long nameSeconds;
  private final int nameNanos;
  private final long attributeSeconds;
  private final int attributeNanos;
  private final CachePolicy policy;

  private long lastNode;

  Reply(Slot slot, CachePolicy policy) {
    this.slot = slot;
    this.policy = policy;
    ByteBuffer buffer = slot.buffer();
    bodyAt = slot.replyAt() + OutHeader.BYTES;
    header = new OutHeader(buffer, slot.replyAt());
    init = new InitOut(buffer, bodyAt);
    statfs = new StatfsOut(buffer, bodyAt);
    entry = new EntryOut(buffer, bodyAt);
    attr = new AttrOut(buffer, bodyAt);
    statx = new StatxOut(buffer, bodyAt);
    open = new OpenOut(buffer, bodyAt);
    openAfterEntry = new OpenOut(buffer, bodyAt + EntryOut.BYTES);
    write = new WriteOut(buffer, bodyAt);
    getxattr = new GetxattrOut(buffer, bodyAt);
    lseek = new LseekOut(buffer, bodyAt);
    copyFileRange = new CopyFileRangeOut(buffer, bodyAt);
    nameSeconds = policy.names().toSeconds();
    nameNanos = policy.names().toNanosPart();
    attributeSeconds = policy.attributes().toSeconds();
    attributeNanos = policy.attributes().toNanosPart();
  }

  ByteBuffer buffer() {
    return slot.buffer();
  }

  /** Where in the buffer the body begins. */
  int bodyAt() {
    return bodyAt;
  }

  /** The native address of the body: room for the largest payload. */
  long bodyAddress() {
    return slot.memory().addressAt(bodyAt);
  }

  /** Writes the header of a reply with a body. */
  int success(long unique, int bodyBytes) {
    return finish(unique, 0, bodyBytes);
  }

  /** Writes the header of a reply that is an error. */
  int failure(long unique, int errno) {
    return finish(unique, -errno, 0);
  }

  private int finish(long unique, int error, int bodyBytes) {
    int lengthBytes = OutHeader.BYTES + bodyBytes;
    header.lengthBytes(lengthBytes);
    header.error(error);
    header.unique(unique);
    return lengthBytes;
  }

  int entry(Attributes attributes) {
    lastNode = attributes.node;
    entryWithin(entry, attributes);
    return EntryOut.BYTES;
  }

  /** A name that is not there, to be remembered as that. */
  int absent() {
    entry.absent();
    entry.valid(policy.absentNames().toSeconds(), policy.absentNames().toNanosPart(), 0, 0);
    return EntryOut.BYTES;
  }

  /** Lays {@code target}, which lies in this reply's body, out for one entry of READDIRPLUS. */
  void entryWithin(EntryOut target, Attributes attributes) {
    target.set(attributes);
    target.valid(nameSeconds, nameNanos, attributeSeconds(attributes), attributeNanos(attributes));
  }

  /**
   * How long attributes are good. Set-id bits not at all: those that a write takes from a file, the
   * kernel would believe to be there still.
   */
  private long attributeSeconds(Attributes attributes) {
    return Mode.hasSetId(attributes.mode) ? 0 : attributeSeconds;
  }

  private int attributeNanos(Attributes attributes) {
    return Mode.hasSetId(attributes.mode) ? 0 : attributeNanos;
  }

  /** The node that an entry was last made of; 0 before the first. */
  long lastNode() {
    return lastNode;
  }

  int attributes(Attributes attributes) {
    attr.set(attributes, attributeSeconds(attributes), attributeNanos(attributes));
    return AttrOut.BYTES;
  }

  int statx(Attributes attributes) {
    statx.set(attributes, attributeSeconds(attributes), attributeNanos(attributes));
    return StatxOut.BYTES;
  }

  int open(long fileHandle, int openFlags) {
    return open(open, fileHandle, openFlags);
  }

  int entryAndOpen(Attributes attributes, long fileHandle, int openFlags) {
    return entry(attributes) + open(openAfterEntry, fileHandle, openFlags);
  }

  private static int open(OpenOut out, long fileHandle, int openFlags) {
    out.fileHandle(fileHandle);
    out.openFlags(openFlags);
    out.backingId(0);
    return OpenOut.BYTES;
  }

  int written(int bytes) {
    write.sizeBytes(bytes);
    write.padding(0);
    return WriteOut.BYTES;
  }

  int xattrLength(int bytes) {
    getxattr.sizeBytes(bytes);
    getxattr.padding(0);
    return GetxattrOut.BYTES;
  }

  int position(long offset) {
    lseek.offset(offset);
    return LseekOut.BYTES;
  }

  int copied(long bytes) {
    copyFileRange.bytesCopied(bytes);
    return CopyFileRangeOut.BYTES;
  }

  int bytes(byte[] body) {
    slot.buffer().put(bodyAt, body);
    return body.length;
  }
}
