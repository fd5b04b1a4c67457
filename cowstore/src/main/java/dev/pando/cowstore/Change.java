package dev.pando.cowstore;

import dev.pando.cowstore.StoreException.Reason;
import dev.pando.cowstore.catalog.Catalog;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.LongConsumer;

/**
 * A batch of changes to records and files. {@link #apply} makes all of them visible in one step; a
 * crash, or the loss of power, leaves all of them or none. For one thread; of no use after apply.
 */
public final class Change {
  private static final int MAX_VALUE_BYTES = 1 << 20;

  private final Engine engine;
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final DataOutputStream out = new DataOutputStream(bytes);
  private final ChangeRecord.Writer ops = new ChangeRecord.Writer(out);

  /** Files whose gates are closed while it is applied, in the order in which they are closed. */
  private final TreeMap<Long, CowFile> gated = new TreeMap<>();

  private final List<CowFile> empty = new ArrayList<>();
  private int operations;
  private boolean needsRoom;
  private LongConsumer witness = number -> {};

  Change(Engine engine) {
    this.engine = engine;
  }

  /** Sets a record of the layer above. */
  public Change put(byte[] key, byte[] value) {
    if (key.length >= Catalog.MAX_KEY_BYTES || value.length > MAX_VALUE_BYTES) {
      throw new IllegalArgumentException(
          "key of " + key.length + " or value of " + value.length + " bytes");
    }
    return op(1 + value.length / 1024, () -> ops.put(key, value));
  }

  /**
   * The batch makes the store hold more than before: it is refused as FULL while the host has no
   * room for that, when what only removes is still taken.
   */
  public Change needsRoom() {
    needsRoom = true;
    return this;
  }

  /**
   * Has {@code witness} told the number of the record that this batch is about to become, in the
   * very step: after a crash the batch was applied if, and only if, that number is not above the
   * one that {@link CowStore#open(java.nio.file.Path, StoreOptions, LongConsumer)} tells. It must
   * be quick and call nothing of the store.
   */
  public Change witness(LongConsumer told) {
    witness = told;
    return this;
  }

  /** Removes a record of the layer above. */
  public Change remove(byte[] key) {
    return op(1, () -> ops.remove(key));
  }

  /**
   * Makes an empty file.
   *
   * @param fileId a number that no file has had, from {@link CowStore#nextNumber}
   * @param group files with the same one, for instance those of one VM, lie together on the disk
   */
  public Change createFile(long fileId, long group) {
    long epoch = engine.state.nextEpoch.getAndIncrement();
    needsRoom = true;
    return op(2, () -> ops.create(fileId, group, epoch));
  }

  /** Removes a file, which nobody may be using; its space comes back in the background. */
  public Change removeFile(CowFile file) {
    gated.put(file.id(), file);
    return op(4, () -> ops.removeFile(file.id()));
  }

  /**
   * Makes a second file with what {@code source} holds at the moment of {@link #apply}: in time and
   * space that do not depend on its size.
   */
  public Change fork(CowFile source, long newFileId, long group) {
    needsRoom = true;
    gated.put(source.id(), source);
    long sourceEpoch = engine.state.nextEpoch.getAndAdd(2);
    return op(6, () -> ops.fork(source.id(), newFileId, group, sourceEpoch, sourceEpoch + 1));
  }

  /** As {@link #fork}, on to an existing file; see {@link #applyIfEmpty}. */
  Change forkOnto(CowFile source, CowFile target) {
    gated.put(target.id(), target);
    empty.add(target);
    return fork(source, target.id(), target.window.group());
  }

  /** From then on the file takes no changes. */
  public Change freeze(CowFile file) {
    gated.put(file.id(), file);
    return op(1, () -> ops.freeze(file.id()));
  }

  /** From then on a frozen file takes changes again; those forked from it do not see them. */
  public Change thaw(CowFile file) {
    gated.put(file.id(), file);
    long epoch = engine.state.nextEpoch.getAndIncrement();
    return op(3, () -> ops.thaw(file.id(), epoch));
  }

  /**
   * Limits what the files of a group may hold of their own, for those made from now on and those
   * that {@link #count} names; group 0: what the store may take on the host, metadata included.
   *
   * @param limitBytes {@link Quota#NONE} for no limit; it may be less than what there is
   */
  public Change limit(long group, long limitBytes) {
    return op(1, () -> ops.limit(group, limitBytes));
  }

  /** Forgets the quota of a group that has no files any more, and never will. */
  public Change endQuota(long group) {
    return op(1, () -> ops.limit(group, Accounts.ENDED));
  }

  /** Makes a file one of this group, and has it counted to its quota, if there is one. */
  public Change count(CowFile file, long group) {
    gated.put(file.id(), file);
    return op(1, () -> ops.count(file.id(), group));
  }

  /** Whether there is nothing to apply. */
  public boolean isEmpty() {
    return operations == 0;
  }

  /**
   * Applies the batch. On return everybody sees it and it survives the end of the process; {@link
   * CowStore#sync} or {@link CowStore#commit} make it survive the loss of power.
   *
   * @throws StoreException NO_SUCH_FILE, READ_ONLY, TOO_BIG, FULL or IO; nothing has changed then
   */
  public void apply() throws StoreException {
    if (!applyIfEmpty()) {
      throw new IllegalStateException("a file that was to be forked onto is not empty");
    }
  }

  /** Applies the batch unless a file that is to be forked onto holds something; says whether. */
  boolean applyIfEmpty() throws StoreException {
    try {
      if (needsRoom) {
        engine.checkRoomForMore();
      }
      out.flush();
      return engine.log.change(bytes.toByteArray(), operations, gated.values(), empty, witness);
    } catch (IOException e) {
      throw Health.translate(e);
    }
  }

  @FunctionalInterface
  private interface Encoding {
    void write() throws IOException;
  }

  private Change op(int units, Encoding encoding) {
    try {
      operations += units;
      encoding.write();
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException("a byte array can not fail", e);
    }
  }

  static StoreException unknown(byte code) {
    return new StoreException(Reason.FORMAT, "unknown operation " + code + " in a journal record");
  }
}
