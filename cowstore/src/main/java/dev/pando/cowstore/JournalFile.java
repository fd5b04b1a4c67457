package dev.pando.cowstore;

import dev.pando.cowstore.StoreException.Reason;
import dev.pando.cowstore.io.StoreIo;
import dev.pando.cowstore.journal.Journal;
import dev.pando.cowstore.journal.JournalHeader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The journal's file as an opening finds it: whether it is this store's, whole, and has anything to
 * be replayed. FORMAT.md, chapters 4 and 6. Not thread-safe.
 */
final class JournalFile {
  private static final Logger LOG = LoggerFactory.getLogger(JournalFile.class);
  private static final int LONGEST_BYTES = 1 << 30;

  /** What was found. */
  private enum Kind {
    /** No file, or none with a header that can be read. */
    NONE,

    /** The journal of another store, or of another session of this one. */
    FOREIGN,

    /** The journal of the session before: nothing was recorded since. */
    BEFORE,

    /** The session's, of another length than it was made with. */
    CUT,

    /** Records of the session, without its header. */
    HEADLESS,

    /** The session's. */
    OURS
  }

  private final StoreDirectory directory;
  private final StoreHeader header;
  private final StoreOptions options;
  private final Path path;
  private Kind kind = Kind.NONE;

  /** The session's header, or null if that can not be read. */
  private JournalHeader found;

  private Journal journal;

  /** What was accepted, sentences. */
  private final List<String> accepted = new ArrayList<>();

  private boolean kept;

  JournalFile(StoreDirectory directory, StoreHeader header, StoreOptions options) {
    this.directory = directory;
    this.header = header;
    this.options = options;
    this.path = directory.journal();
  }

  /**
   * Opens it, or makes one if there is none that counts. One that is not the store's is kept aside.
   *
   * @throws StoreException LOSS if that may lose something and the options do not accept it
   */
  Journal open() throws IOException {
    boolean opened = false;
    try {
      look();
      if (header.clean()) {
        openClean();
      } else {
        openUnclean();
      }
      opened = true;
      return journal;
    } finally {
      if (!opened) {
        close();
      }
    }
  }

  private void look() throws IOException {
    long bytes = Files.exists(path) ? Files.size(path) : 0;
    if (bytes < JournalHeader.BYTES || bytes > LONGEST_BYTES) {
      return;
    }
    journal = new Journal(options.io().map(path, (int) bytes));
    found = find(other -> isOf(other, header.session()) && other.nonce() == header.nonce());
    if (found != null) {
      kind = found.fileBytes() == bytes ? Kind.OURS : Kind.CUT;
    } else if (bytes >= StoreOptions.LEAST_JOURNAL_BYTES && holdsRecords()) {
      kind = Kind.HEADLESS;
    } else if (find(other -> isOf(other, header.session() - 1)) != null) {
      kind = Kind.BEFORE;
    } else if (!journal.headers().isEmpty()) {
      kind = Kind.FOREIGN;
    }
  }

  private JournalHeader find(Predicate<JournalHeader> wanted) {
    return journal.headers().stream().filter(wanted).findFirst().orElse(null);
  }

  private boolean isOf(JournalHeader other, long session) {
    return other.store().equals(header.store()) && other.session() == session;
  }

  private boolean holdsRecords() throws IOException {
    Journal.End none = new Journal.End(header.position(), header.lastRecord(), 0);
    Journal.End last = journal.scanAhead(header.nonce(), none, (number, type, body) -> {});
    return last.number() > none.number();
  }

  /** What stands in the journal of a store that was closed is no matter. */
  private void openClean() throws IOException {
    // asked first: beside the header of the first session stands the one from before it
    if (header.session() == 0 && kind != Kind.NONE && isOfThisStore()) {
      throw new StoreException(
          Reason.FORMAT, "the catalog of " + directory.path() + " is missing, or empty");
    }
    if (kind == Kind.OURS) {
      return;
    }
    if (kind == Kind.FOREIGN) {
      keepAside();
    }
    make();
    // the one before the session that is about to begin, should that not come to its own header
    journal.format(headerOf(header));
  }

  private void openUnclean() throws IOException {
    switch (kind) {
      case OURS, BEFORE, HEADLESS -> {}
      case CUT -> {
        requireAccepted("is damaged: " + wrong());
        giveItsLength((int) found.fileBytes());
      }
      case NONE, FOREIGN -> {
        boolean exists = Files.exists(path);
        requireAccepted(
            (exists ? "is cut short, or belongs to another store or session" : "is missing")
                + ": acknowledged writes may be lost");
        if (exists) {
          keepAside();
        }
        make();
      }
    }
  }

  private void make() throws IOException {
    close();
    journal = new Journal(options.io().map(path, options.journalBytes()));
  }

  /** Makes the file as long as it was, with zeros, for what it still holds. */
  private void giveItsLength(int bytes) throws IOException {
    close();
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
      if (channel.size() < bytes) {
        channel.write(ByteBuffer.allocate(1), bytes - 1L);
      } else {
        channel.truncate(bytes);
      }
      channel.force(true);
    }
    journal = new Journal(options.io().map(path, bytes));
  }

  /**
   * Refuses what loses something, unless the options accept it; then the file is kept as it is.
   *
   * @param what is the matter with the journal, as the end of a sentence about it
   */
  void requireAccepted(String what) throws IOException {
    String sentence = "the journal of " + directory.path() + " " + what;
    if (!options.acceptLoss()) {
      throw new StoreException(
          Reason.LOSS,
          sentence
              + " (mount --accept-loss opens the store without that, and keeps the journal aside)");
    }
    LOG.warn("Accepted by request: {}", sentence);
    accepted.add("accepted by request: " + sentence);
    if (!kept && kind != Kind.NONE && kind != Kind.FOREIGN) {
      Files.copy(path, aside("journal.damaged-"));
      kept = true;
    }
  }

  /** What is wrong with the journal and was accepted, sentences. */
  List<String> accepted() {
    return List.copyOf(accepted);
  }

  private void keepAside() throws IOException {
    close();
    Files.move(path, aside("journal.foreign-"));
  }

  private Path aside(String name) {
    return path.resolveSibling(name + System.currentTimeMillis());
  }

  private void close() throws IOException {
    if (journal != null) {
      journal.close();
      journal = null;
    }
  }

  /**
   * The header of the session whose writes may be in the page cache only, or of the one before if
   * it wrote nothing; null if it can not be read.
   */
  JournalHeader written() {
    return kind == Kind.BEFORE ? find(other -> isOf(other, header.session() - 1)) : found;
  }

  /**
   * What the journal holds that the catalog does not.
   *
   * @param powerLost whether only what was flushed counts
   */
  JournalSurvey survey(boolean powerLost) throws IOException {
    return switch (kind) {
      case NONE, FOREIGN, BEFORE -> JournalSurvey.nothing(header);
      case CUT, HEADLESS, OURS ->
          header.clean()
              ? JournalSurvey.nothing(header)
              : JournalSurvey.of(journal, header, powerLost, wrong());
    };
  }

  /** What is wrong with the file as a whole, or null. */
  private String wrong() throws IOException {
    return switch (kind) {
      case CUT -> "its file had " + found.fileBytes() + " bytes, and has another length now";
      case HEADLESS -> "its header can not be read";
      default -> null;
    };
  }

  /** Whether a session of this store has written to it. */
  private boolean isOfThisStore() {
    return find(other -> other.store().equals(header.store()) && other.session() > 0) != null;
  }

  /** The header of a session of this store that writes the journal on this host. */
  JournalHeader headerOf(StoreHeader session) throws IOException {
    StoreIo io = options.io();
    return new JournalHeader(
        session.store(),
        session.session(),
        session.nonce(),
        io.pageCache(directory.path()),
        io.device(directory.path()),
        journal.fileBytes());
  }
}
