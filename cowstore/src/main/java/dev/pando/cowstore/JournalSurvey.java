package dev.pando.cowstore;

import dev.pando.cowstore.journal.Journal;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What the journal of a store that was not closed holds, before anything of it counts: how far its
 * records can be read, what is marked as durable, and whether that is all there was.
 *
 * <p>A journal ends where no next record stands. That is its end, and no damage, unless it is known
 * that there was a next one:
 *
 * <ul>
 *   <li>with the page cache as it was written every record that was acknowledged is there, and the
 *       journal has noted its number; at most one more was being appended;
 *   <li>after the loss of power any page may be missing that was not flushed. What was flushed is
 *       named by the catalog, and by every record that was appended later, wherever it stands.
 * </ul>
 *
 * FORMAT.md, chapter 4. Not thread-safe.
 */
final class JournalSurvey {
  private static final int MOST_NAMED = 8;

  private final StoreHeader header;
  private final boolean powerLost;

  /** How far each file's data is durable, by file id. */
  private final Map<Long, Long> durable = new HashMap<>();

  /** How far everything that is not data is durable. */
  private long changesDurable;

  /** Where the readable records end. */
  private Journal.End end;

  /** The last record that is to be applied. */
  private long last;

  /** Where that stands in the journal's file. */
  private long endOffset;

  /** The last record that had its effect when the process ended; of the first reading. */
  private long confirmed = Journal.UNKNOWN;

  /** The last record that was there once. */
  private long expected;

  /** Files that whole records behind the end are about. */
  private final Set<Long> filesBehind = new TreeSet<>();

  /** What is wrong with the file as a whole, or null. */
  private final String wrong;

  private JournalSurvey(StoreHeader header, boolean powerLost, String wrong) {
    this.header = header;
    this.powerLost = powerLost;
    this.wrong = wrong;
  }

  /**
   * Reads a journal.
   *
   * @param powerLost whether only what was flushed counts
   * @param wrong what is already known to be wrong with the file, or null
   */
  static JournalSurvey of(Journal journal, StoreHeader header, boolean powerLost, String wrong)
      throws IOException {
    JournalSurvey survey = new JournalSurvey(header, powerLost, wrong);
    survey.read(journal);
    return survey;
  }

  /** One that finds nothing to be replayed. */
  static JournalSurvey nothing(StoreHeader header) {
    JournalSurvey survey = new JournalSurvey(header, false, null);
    survey.last = header.lastRecord();
    survey.expected = header.lastRecord();
    return survey;
  }

  private void read(Journal journal) throws IOException {
    long nonce = header.nonce();
    end = journal.scan(nonce, header.position(), header.lastRecord(), this::readMark);
    last = end.number();
    endOffset = journal.fileOffset(end.position());
    expected = Math.max(header.durable(), end.durable());
    if (!powerLost) {
      confirmed = journal.confirmed(nonce, header.lastRecord());
      expected = Math.max(expected, confirmed);
    }
    if (powerLost) {
      expected =
          Math.max(expected, journal.scanAhead(nonce, end, (number, type, body) -> {}).durable());
    }
    if (isDamaged()) {
      Journal.End behind = journal.scanAhead(nonce, end, this::readBehind);
      expected = powerLost ? expected : Math.max(expected, behind.number());
    }
  }

  private void readMark(long number, int type, ByteBuffer body) {
    if (type == RecordType.MARK) {
      long to = body.getLong();
      changesDurable = Math.max(changesDurable, to);
      for (int count = body.getInt(); count > 0; count--) {
        durable.merge(body.getLong(), to, Math::max);
      }
    }
  }

  /** A mark is true wherever it stands; what else stands behind the damage can not be used. */
  private void readBehind(long number, int type, ByteBuffer body) {
    if (RecordType.isOfFile(type)) {
      filesBehind.add(body.getLong());
    } else {
      readMark(number, type, body);
    }
  }

  /** Whether only what was flushed counts. */
  boolean powerLost() {
    return powerLost;
  }

  /** The last record that is to be applied, if it counts. */
  long last() {
    return last;
  }

  /** Nothing from this record on is to be applied. */
  void endBefore(long number) {
    last = number - 1;
  }

  /** Every Change up to this record counts, and none that is younger. */
  long lastChange() {
    return powerLost ? Math.max(header.lastRecord(), Math.min(changesDurable, last)) : last;
  }

  /** All Changes up to this record are durable; of the second reading. */
  long changesDurable() {
    return changesDurable;
  }

  /** The data of a file is durable up to this record; of the second reading. */
  long durable(long fileId) {
    return durable.getOrDefault(fileId, 0L);
  }

  /** Whether nobody was told that a record had its effect; a process was about to. */
  boolean isUnconfirmed(long number) {
    return !powerLost && confirmed != Journal.UNKNOWN && number > confirmed;
  }

  /** Whether something is missing that was there. */
  boolean isDamaged() {
    return wrong != null || last < expected || isBehindCatalog();
  }

  private boolean isBehindCatalog() {
    return end != null && !powerLost && confirmed < header.lastRecord();
  }

  /** What is missing, and what that means, as the end of a sentence about the journal. */
  String damage() {
    String what = wrong == null ? "is damaged: " : "is damaged: " + wrong + ": ";
    if (last < expected) {
      return what
          + "record %d, at byte %d, can not be read: ".formatted(last + 1, endOffset)
          + loss(last + 1);
    }
    if (isBehindCatalog()) {
      return what + "it ends before what the catalog holds: acknowledged writes may be lost";
    }
    return what + "what was not synced is lost";
  }

  /** What is lost if a record can not be applied, as the end of a sentence about the journal. */
  String lossFrom(Recovery.Failure failure) {
    return "can not be brought in: " + failure.getMessage() + ": " + loss(failure.number);
  }

  private String loss(long from) {
    long records = Math.max(expected, last) - from + 1;
    String lost = records == 1 ? "the last record is lost" : "the last " + records + " are lost";
    return filesBehind.isEmpty() ? lost : lost + ", of files " + list() + " among others";
  }

  private String list() {
    StringBuilder text = new StringBuilder();
    int named = 0;
    for (long file : filesBehind) {
      if (named == MOST_NAMED) {
        return text.append(" and ").append(filesBehind.size() - named).append(" more").toString();
      }
      text.append(named++ == 0 ? "" : ", ").append(file);
    }
    return text.toString();
  }
}
