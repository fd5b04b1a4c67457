package dev.pando.cowstore;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The file {@code open} of a store's directory: it is there from the opening of the store to its
 * clean end, and says which file {@code lock} stood beside it. A copy of the directory that was
 * made meanwhile is of many instants, and it is told by its {@code lock}, which has another inode
 * and another change time: FORMAT.md, chapter 1.
 */
final class OpenMark {
  private static final Logger LOG = LoggerFactory.getLogger(OpenMark.class);

  private final Path file;
  private final Path lock;

  OpenMark(Path directory) {
    this.file = directory.resolve("open");
    this.lock = directory.resolve("lock");
  }

  /** Whether the store was not closed. */
  boolean isSet() {
    return Files.exists(file);
  }

  /**
   * Whether the directory is a copy of one whose store was open. A store that was renamed, or whose
   * process or host crashed, is none; nor is one whose mark can not be read.
   */
  boolean isOfAnother() throws IOException {
    if (!isSet()) {
      return false;
    }
    List<String> told = Files.readAllLines(file);
    List<String> own = ofLock();
    return told.size() == own.size() && own.stream().noneMatch(told::contains);
  }

  /** Where the disk is full, a store that is opened goes without: it only guards against copies. */
  void set() {
    try {
      Files.write(file, ofLock());
    } catch (IOException e) {
      LOG.warn("{} could not be written: a copy of the open store would not be told", file, e);
    }
  }

  void remove() throws IOException {
    Files.deleteIfExists(file);
  }

  private List<String> ofLock() throws IOException {
    Map<String, Object> attributes = Files.readAttributes(lock, "unix:ino,ctime");
    long changed = ((FileTime) attributes.get("ctime")).to(TimeUnit.NANOSECONDS);
    return List.of("inode " + attributes.get("ino"), "changed " + changed);
  }
}
