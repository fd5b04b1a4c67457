package dev.pando.tests.conformance;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** An open directory that is read by getdents64(2), record by record. */
final class Listing implements AutoCloseable {
  private static final int BUFFER_BYTES = 32 << 10;

  // struct linux_dirent64
  private static final int INODE = 0;
  private static final int NEXT = 8;
  private static final int RECORD_BYTES = 16;
  private static final int TYPE = 18;
  private static final int NAME = 19;

  private final int fd;
  private final ByteBuffer records;

  private Listing(int fd, int bufferBytes) {
    this.fd = fd;
    this.records = ByteBuffer.allocateDirect(bufferBytes).order(ByteOrder.nativeOrder());
  }

  /**
   * A record.
   *
   * @param name its bytes, each as a character of Latin 1
   * @param type DT_*: the type bits of st_mode shifted right by 12
   * @param next where telldir(3) is after it
   */
  record Entry(String name, long inode, int type, long next) {}

  static Listing of(Path directory) {
    return of(directory, BUFFER_BYTES);
  }

  /** With a buffer of this size: small ones hold few records. */
  static Listing of(Path directory, int bufferBytes) {
    return new Listing(Posix.open(directory, Posix.O_RDONLY | Posix.O_DIRECTORY), bufferBytes);
  }

  /** All names of a directory but {@code .} and {@code ..}, in the order of reading. */
  static List<String> names(Path directory) {
    try (Listing listing = of(directory)) {
      return listing.rest().stream()
          .map(Entry::name)
          .filter(name -> !name.equals(".") && !name.equals(".."))
          .toList();
    }
  }

  /** The next buffer full of records; empty at the end. */
  List<Entry> some() {
    int length = Posix.getdents(fd, records);
    List<Entry> entries = new ArrayList<>();
    for (int at = 0; at < length; at += records.getShort(at + RECORD_BYTES)) {
      entries.add(entry(at));
    }
    return entries;
  }

  private Entry entry(int at) {
    int end = at + NAME;
    while (records.get(end) != 0) {
      end++;
    }
    byte[] name = new byte[end - at - NAME];
    records.get(at + NAME, name);
    return new Entry(
        new String(name, ISO_8859_1),
        records.getLong(at + INODE),
        records.get(at + TYPE),
        records.getLong(at + NEXT));
  }

  /** All records from here to the end. */
  List<Entry> rest() {
    List<Entry> entries = new ArrayList<>();
    for (List<Entry> some = some(); !some.isEmpty(); some = some()) {
      entries.addAll(some);
    }
    return entries;
  }

  /** As seekdir(3). */
  void seek(long position) {
    Posix.lseek(fd, position, Posix.SEEK_SET);
  }

  @Override
  public void close() {
    Posix.close(fd);
  }
}
