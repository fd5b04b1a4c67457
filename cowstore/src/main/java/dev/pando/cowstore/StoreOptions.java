package dev.pando.cowstore;

import dev.pando.cowstore.io.FileSystemHold;
import dev.pando.cowstore.io.NativeIo;
import dev.pando.cowstore.io.StoreIo;

/**
 * How to open a store. Immutable.
 *
 * @param create make the store if its directory is missing or empty
 * @param readOnly take no changes; what the journal holds is still brought in
 * @param acceptLoss open although acknowledged writes may be lost with a missing journal
 * @param verifyCatalog look at every page of the catalog's file before it is mapped: for a store
 *     whose last process died of a signal. 4 s a GB, as seen on a busy machine
 * @param io the host's files
 * @param journalBytes the length of the journal's file when it is made, at least 1 MiB
 * @param commitIntervalMillis how long a change waits for a commit at most, when nothing asks for
 *     one before
 * @param cachedPages clean map pages held in memory, 2.2 KiB of heap each; each maps 1 MiB
 * @param hostReserveBytes how much space of the host's file system is left alone
 * @param indexedBlocks how many blocks dedupe remembers, a power of two; 24 bytes of disk each
 * @param hold a descriptor of the store's file system that others have open as well
 * @param takesOver whether those who use the store used it with an earlier process already, which
 *     had the same hold when it opened it
 */
public record StoreOptions(
    boolean create,
    boolean readOnly,
    boolean acceptLoss,
    boolean verifyCatalog,
    StoreIo io,
    int journalBytes,
    long commitIntervalMillis,
    int cachedPages,
    long hostReserveBytes,
    int indexedBlocks,
    FileSystemHold hold,
    boolean takesOver) {

  /** What a journal can not be shorter than. */
  static final int LEAST_JOURNAL_BYTES = 1 << 20;

  public StoreOptions {
    if (journalBytes < LEAST_JOURNAL_BYTES || journalBytes > 1 << 30) {
      throw new IllegalArgumentException("journalBytes " + journalBytes);
    }
  }

  /** An existing store, for reading and writing. */
  public static StoreOptions defaults() {
    return new StoreOptions(
        false,
        false,
        false,
        false,
        new NativeIo(),
        64 << 20,
        3_000,
        32_768,
        64L << 20,
        1 << 20,
        FileSystemHold.NONE,
        false);
  }

  public StoreOptions withCreate(boolean value) {
    return new StoreOptions(
        value,
        readOnly,
        acceptLoss,
        verifyCatalog,
        io,
        journalBytes,
        commitIntervalMillis,
        cachedPages,
        hostReserveBytes,
        indexedBlocks,
        hold,
        takesOver);
  }

  public StoreOptions withReadOnly(boolean value) {
    return new StoreOptions(
        create,
        value,
        acceptLoss,
        verifyCatalog,
        io,
        journalBytes,
        commitIntervalMillis,
        cachedPages,
        hostReserveBytes,
        indexedBlocks,
        hold,
        takesOver);
  }

  public StoreOptions withAcceptLoss(boolean value) {
    return new StoreOptions(
        create,
        readOnly,
        value,
        verifyCatalog,
        io,
        journalBytes,
        commitIntervalMillis,
        cachedPages,
        hostReserveBytes,
        indexedBlocks,
        hold,
        takesOver);
  }

  public StoreOptions withVerifyCatalog(boolean value) {
    return new StoreOptions(
        create,
        readOnly,
        acceptLoss,
        value,
        io,
        journalBytes,
        commitIntervalMillis,
        cachedPages,
        hostReserveBytes,
        indexedBlocks,
        hold,
        takesOver);
  }

  public StoreOptions withIo(StoreIo value) {
    return new StoreOptions(
        create,
        readOnly,
        acceptLoss,
        verifyCatalog,
        value,
        journalBytes,
        commitIntervalMillis,
        cachedPages,
        hostReserveBytes,
        indexedBlocks,
        hold,
        takesOver);
  }

  public StoreOptions withJournalBytes(int value) {
    return new StoreOptions(
        create,
        readOnly,
        acceptLoss,
        verifyCatalog,
        io,
        value,
        commitIntervalMillis,
        cachedPages,
        hostReserveBytes,
        indexedBlocks,
        hold,
        takesOver);
  }

  public StoreOptions withCommitIntervalMillis(long value) {
    return new StoreOptions(
        create,
        readOnly,
        acceptLoss,
        verifyCatalog,
        io,
        journalBytes,
        value,
        cachedPages,
        hostReserveBytes,
        indexedBlocks,
        hold,
        takesOver);
  }

  public StoreOptions withHostReserveBytes(long value) {
    return new StoreOptions(
        create,
        readOnly,
        acceptLoss,
        verifyCatalog,
        io,
        journalBytes,
        commitIntervalMillis,
        cachedPages,
        value,
        indexedBlocks,
        hold,
        takesOver);
  }

  public StoreOptions withIndexedBlocks(int value) {
    return new StoreOptions(
        create,
        readOnly,
        acceptLoss,
        verifyCatalog,
        io,
        journalBytes,
        commitIntervalMillis,
        cachedPages,
        hostReserveBytes,
        value,
        hold,
        takesOver);
  }

  /** With a hold on the file system, and whether this process takes over from one that had it. */
  public StoreOptions withHold(FileSystemHold value, boolean fromEarlier) {
    return new StoreOptions(
        create,
        readOnly,
        acceptLoss,
        verifyCatalog,
        io,
        journalBytes,
        commitIntervalMillis,
        cachedPages,
        hostReserveBytes,
        indexedBlocks,
        value,
        fromEarlier);
  }
}
