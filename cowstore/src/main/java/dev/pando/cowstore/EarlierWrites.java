package dev.pando.cowstore;

import dev.pando.cowstore.io.FileSystemHold;
import dev.pando.cowstore.io.StoreIo;
import dev.pando.cowstore.journal.Journal;
import dev.pando.cowstore.journal.JournalHeader;
import dev.pando.cowstore.segment.Segments;
import java.io.IOException;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What earlier processes wrote to a store that was not closed, and whether the host has all of it
 * still, in its page cache if not on the disk. That takes proof: that the page cache is the one
 * they wrote to, and that the host was able to write back what it did not keep. FORMAT.md, chapter
 * 4.
 */
final class EarlierWrites {
  private static final Logger LOG = LoggerFactory.getLogger(EarlierWrites.class);

  /** Of a store that was closed. */
  static final EarlierWrites NONE = new EarlierWrites(null, null, null, null, null);

  private final Path directory;
  private final StoreOptions options;
  private final Segments segments;
  private final Journal journal;

  /** Of the session whose writes they are; null if its journal is lost. */
  private final JournalHeader written;

  /** Why some may be lost; null if none is. */
  private String loss;

  private EarlierWrites(
      Path directory,
      StoreOptions options,
      Segments segments,
      Journal journal,
      JournalHeader written) {
    this.directory = directory;
    this.options = options;
    this.segments = segments;
    this.journal = journal;
    this.written = written;
  }

  /**
   * Looks at them; from here on what was lost is noted in the journal, whoever reads it next.
   *
   * @param written as {@link JournalFile#written}
   */
  static EarlierWrites of(
      Path directory,
      StoreOptions options,
      Segments segments,
      Journal journal,
      JournalHeader written)
      throws IOException {
    EarlierWrites writes = new EarlierWrites(directory, options, segments, journal, written);
    writes.look();
    return writes;
  }

  /** Whether the host may have lost any of them. */
  boolean mayBeLost() {
    return loss != null;
  }

  /** Why it may; null if it can not. */
  String loss() {
    return loss;
  }

  private void look() throws IOException {
    if (written == null) {
      loss = "the journal is missing or can not be read, which tells what was";
    } else if (!isSamePageCache()) {
      loss = "the host, or the file system of the store, was started anew";
    } else if (journal.hasFailed(written.session())) {
      loss = "the host could not write everything to its disk";
    }
    // the host tells an error once: what it tells is noted before the one is asked who knows it
    // still when this process is killed in between
    try (FileSystemHold own = options.io().hold(directory)) {
      ask(own);
    }
    ask(options.hold());
    if (loss == null && !segments.flushEarlierWrites()) {
      noteFailure("the host could not write a segment to its disk");
    }
  }

  private void ask(FileSystemHold hold) {
    try {
      hold.sync();
    } catch (IOException e) {
      noteFailure("the host could not write everything to its disk (" + e.getMessage() + ")");
    }
  }

  private void noteFailure(String what) {
    loss = what;
    if (written != null) {
      journal.noteFailure(written.session());
    }
  }

  private boolean isSamePageCache() throws IOException {
    if (options.takesOver() && options.hold().holds(directory)) {
      return true;
    }
    StoreIo io = options.io();
    String name = io.pageCache(directory);
    return !name.isEmpty()
        && name.equals(written.pageCache())
        && written.device() == io.device(directory);
  }

  /**
   * If some may be lost, makes durable what is left of them, and has the host forget the rest: what
   * is written from now on is all that is not durable.
   */
  void settle() throws IOException {
    if (loss != null) {
      LOG.warn("What was not synced may be lost: {}", loss);
      segments.flushWhatIsLeft();
    }
  }
}
