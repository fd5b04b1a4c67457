package dev.pando.cowstore.catalog;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * The file of an LMDB environment, read without LMDB. LMDB trusts what it maps: a page that is not
 * what it should be is an assertion, or a fault in the map, and the end of the process. Here every
 * number is held against its bounds before it is used.
 *
 * <p>The layout is that of LMDB 0.9 on a 64-bit little-endian host: {@code MDB_meta}, {@code
 * MDB_db}, {@code MDB_page} and {@code MDB_node} in its mdb.c. A file is two pages with what the
 * last two transactions left, then the pages of four trees: free pages, names of tables, and the
 * two tables.
 */
final class LmdbFile implements AutoCloseable {
  /** As many findings are kept. */
  private static final int MOST = 20;

  private static final int MAGIC = 0xBEEFC0DE;
  private static final int VERSION = 1;
  private static final int LEAST_PAGE_BYTES = 512;
  private static final int MOST_PAGE_BYTES = 1 << 15;
  private static final int MOST_LEVELS = 32;
  private static final int MOST_KEY_BYTES = 511;
  private static final long NO_PAGE = -1;

  /** Of a page: its number, flags, and where its free space begins and ends. */
  private static final int PAGE_NUMBER = 0;

  private static final int PAGE_FLAGS = 10;
  private static final int PAGE_LOWER = 12;
  private static final int PAGE_UPPER = 14;
  private static final int PAGE_RUN = 12;
  private static final int PAGE_HEADER = 16;

  private static final int BRANCH = 1;
  private static final int LEAF = 2;
  private static final int OVERFLOW = 4;
  private static final int META = 8;

  /** Flags that only mean something in memory. */
  private static final int TRANSIENT = 0xc010;

  /** Of a meta page, from its beginning. */
  private static final int META_MAGIC = 16;

  private static final int META_VERSION = 20;
  private static final int META_ADDRESS = 24;
  private static final int META_MAP_BYTES = 32;
  private static final int META_FREE_TREE = 40;
  private static final int META_MAIN_TREE = 88;
  private static final int META_LAST_PAGE = 136;
  private static final int META_TRANSACTION = 144;
  private static final int META_BYTES = 152;

  /** Of a tree. */
  private static final int TREE_PAD = 0;

  private static final int TREE_FLAGS = 4;
  private static final int TREE_DEPTH = 6;
  private static final int TREE_BRANCHES = 8;
  private static final int TREE_LEAVES = 16;
  private static final int TREE_OVERFLOW = 24;
  private static final int TREE_ENTRIES = 32;
  private static final int TREE_ROOT = 40;
  private static final int TREE_BYTES = 48;
  private static final int INTEGER_KEYS = 8;

  /** Of a node. */
  private static final int NODE_LOW = 0;

  private static final int NODE_HIGH = 2;
  private static final int NODE_FLAGS = 4;
  private static final int NODE_KEY_BYTES = 6;
  private static final int NODE_HEADER = 8;
  private static final int BIG_VALUE = 1;
  private static final int SUBTREE = 2;

  /** What a tree is for, which says what its keys and values are. */
  private enum Kind {
    /** Numbers of transactions to lists of pages. */
    FREE_PAGES,
    /** Names of tables to their descriptions. */
    NAMES,
    TABLE
  }

  private final FileChannel file;
  private final long fileBytes;
  private final List<String> findings = new ArrayList<>();

  private int pageBytes;

  /** The newest of the two meta pages. */
  private ByteBuffer meta;

  private long lastPage;

  /** Pages that belong to a tree. */
  private final BitSet seen = new BitSet();

  private final List<long[]> free = new ArrayList<>();

  /** Something that is not as LMDB writes it. */
  private static final class Damage extends Exception {
    private static final long serialVersionUID = 1L;

    Damage(String message) {
      super(message);
    }
  }

  private LmdbFile(FileChannel file) throws IOException {
    this.file = file;
    this.fileBytes = file.size();
  }

  /**
   * Verifies what LMDB believes when it opens the file: its two meta pages, and that the file is as
   * long as they say. One that is missing or empty is none yet.
   *
   * @throws DamagedCatalogException it must not be opened
   */
  static void checkHead(Path path) throws IOException {
    if (Files.notExists(path) || Files.size(path) == 0) {
      return;
    }
    try (LmdbFile data = new LmdbFile(FileChannel.open(path, StandardOpenOption.READ))) {
      data.readMetas();
      // pages that were made and dropped in one transaction are counted, and never written
      if (data.fileBytes < (data.lastPage + 1) * data.pageBytes) {
        data.walk();
      }
      if (!data.findings.isEmpty()) {
        throw new DamagedCatalogException(
            "its file has %d bytes of %d: %s"
                .formatted(
                    data.fileBytes, (data.lastPage + 1) * data.pageBytes, data.findings.get(0)));
      }
    } catch (Damage e) {
      throw new DamagedCatalogException(e.getMessage());
    }
  }

  /**
   * Walks every tree of the file, and returns what is wrong with it, a part of it if that is much.
   * What the values hold is not looked at. Reads every page but those of long values.
   */
  static List<String> check(Path path) throws IOException {
    if (Files.notExists(path) || Files.size(path) == 0) {
      return List.of();
    }
    try (LmdbFile data = new LmdbFile(FileChannel.open(path, StandardOpenOption.READ))) {
      data.readMetas();
      data.walk();
      return data.findings;
    } catch (Damage e) {
      return List.of(e.getMessage());
    }
  }

  @Override
  public void close() throws IOException {
    file.close();
  }

  @SuppressWarnings("AnnotateFormatMethod") // that would be a dependency
  private static void require(boolean holds, String what, Object... values) throws Damage {
    if (!holds) {
      throw new Damage(what.formatted(values));
    }
  }

  // ---- what the last two transactions left

  private void readMetas() throws IOException, Damage {
    require(fileBytes >= META_BYTES, "its file is cut short at %d bytes", fileBytes);
    pageBytes = read(0, META_BYTES).getInt(META_FREE_TREE + TREE_PAD);
    require(
        pageBytes >= LEAST_PAGE_BYTES
            && pageBytes <= MOST_PAGE_BYTES
            && Integer.bitCount(pageBytes) == 1,
        "meta page 0 names pages of %d bytes",
        pageBytes);
    require(fileBytes >= 2L * pageBytes, "its file is cut short at %d bytes", fileBytes);
    ByteBuffer[] metas = {readMeta(0), readMeta(1)};
    long first = metas[0].getLong(META_TRANSACTION);
    long second = metas[1].getLong(META_TRANSACTION);
    // transactions take turns, even ones on page 0; a new file has none
    boolean fresh = first == 0 && second == 0;
    boolean turns = Math.abs(first - second) == 1 && (first & 1) == 0;
    require(fresh || turns, "its meta pages name transactions %d and %d", first, second);
    meta = metas[first >= second ? 0 : 1];
    lastPage = meta.getLong(META_LAST_PAGE);
  }

  private ByteBuffer readMeta(int place) throws IOException, Damage {
    ByteBuffer page = read((long) place * pageBytes, META_BYTES);
    String name = "meta page " + place;
    require(page.getLong(PAGE_NUMBER) == place, "%s bears another number", name);
    require((page.getShort(PAGE_FLAGS) & ~TRANSIENT) == META, "%s is none", name);
    require(page.getInt(META_MAGIC) == MAGIC, "%s is none", name);
    require(page.getInt(META_VERSION) == VERSION, "%s is of another version", name);
    require(page.getLong(META_ADDRESS) == 0, "%s names a place in memory", name);
    require(
        page.getInt(META_FREE_TREE + TREE_PAD) == pageBytes,
        "%s names pages of another size",
        name);
    require(
        page.getShort(META_FREE_TREE + TREE_FLAGS) == INTEGER_KEYS
            && page.getShort(META_MAIN_TREE + TREE_FLAGS) == 0,
        "%s has unknown flags",
        name);
    long last = page.getLong(META_LAST_PAGE);
    long mapBytes = page.getLong(META_MAP_BYTES);
    require(
        last >= 1 && last < Integer.MAX_VALUE && mapBytes > 0 && last < mapBytes / pageBytes,
        "%s names %d as its last page, in a map of %d bytes",
        name,
        last,
        mapBytes);
    for (int tree : new int[] {META_FREE_TREE, META_MAIN_TREE}) {
      long root = page.getLong(tree + TREE_ROOT);
      int depth = page.getShort(tree + TREE_DEPTH);
      require(
          root == NO_PAGE ? depth == 0 : root >= 2 && root <= last,
          "%s names %d as a root",
          name,
          root);
      require(depth >= 0 && depth <= MOST_LEVELS, "%s has a tree of %d levels", name, depth);
    }
    return page;
  }

  // ---- trees

  private void walk() throws IOException {
    seen.clear();
    new Tree(Kind.NAMES, "the tree of names", meta.slice(META_MAIN_TREE, TREE_BYTES)).walk();
    new Tree(Kind.FREE_PAGES, "the tree of free pages", meta.slice(META_FREE_TREE, TREE_BYTES))
        .walk();
    if (findings.isEmpty()) {
      walkFree();
    }
  }

  /** A page that is free and used would be written over. */
  private void walkFree() {
    BitSet freed = new BitSet();
    for (long[] pages : free) {
      for (long page : pages) {
        if (seen.get((int) page) || freed.get((int) page)) {
          find("page " + page + " is free, and in use as well");
          return;
        }
        freed.set((int) page);
      }
    }
  }

  private void find(String what) {
    if (findings.size() < MOST) {
      findings.add(what);
    }
  }

  private ByteBuffer read(long offset, int bytes) throws IOException, Damage {
    ByteBuffer buffer = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    while (buffer.hasRemaining()) {
      int read = file.read(buffer, offset + buffer.position());
      require(read > 0, "its file is cut short at %d bytes", fileBytes);
    }
    return buffer.flip();
  }

  /** Takes a page, and as many behind it as belong to it, for one tree. */
  private void take(long number, long pages) throws Damage {
    require(
        number >= 2 && pages > 0 && number + pages - 1 <= lastPage,
        "page %d is referred to, and the last is %d",
        number,
        lastPage);
    require(
        (number + pages) * pageBytes <= fileBytes, "page %d is behind the end of the file", number);
    for (long page = number; page < number + pages; page++) {
      require(!seen.get((int) page), "page %d has two places", page);
      seen.set((int) page);
    }
  }

  /** One tree, and what was found in it. */
  private final class Tree {
    private final Kind kind;
    private final String name;
    private final ByteBuffer description;
    private long branches;
    private long leaves;
    private long overflow;
    private long entries;
    private byte[] previous;

    Tree(Kind kind, String name, ByteBuffer description) {
      this.kind = kind;
      this.name = name;
      this.description = description.order(ByteOrder.LITTLE_ENDIAN);
    }

    void walk() throws IOException {
      int before = findings.size();
      try {
        int flags = kind == Kind.FREE_PAGES ? INTEGER_KEYS : 0;
        require(description.getShort(TREE_FLAGS) == flags, "unknown flags");
        long root = description.getLong(TREE_ROOT);
        int depth = description.getShort(TREE_DEPTH);
        require((root == NO_PAGE) == (depth == 0), "no root, and %d levels", depth);
        require(depth >= 0 && depth <= MOST_LEVELS, "%d levels", depth);
        if (depth > 0) {
          walk(root, depth, null, null);
        }
        if (findings.size() == before) {
          require(
              branches == description.getLong(TREE_BRANCHES)
                  && leaves == description.getLong(TREE_LEAVES)
                  && overflow == description.getLong(TREE_OVERFLOW)
                  && entries == description.getLong(TREE_ENTRIES),
              "%d entries in %d pages, and another number is noted",
              entries,
              branches + leaves + overflow);
        }
      } catch (Damage e) {
        find(name + ": " + e.getMessage());
      }
    }

    /** Walks a page with keys from {@code low}, inclusive, to {@code high}, exclusive. */
    private void walk(long number, int level, byte[] low, byte[] high) throws IOException, Damage {
      take(number, 1);
      ByteBuffer page = read(number * pageBytes, pageBytes);
      require(page.getLong(PAGE_NUMBER) == number, "page %d bears another number", number);
      int flags = page.getShort(PAGE_FLAGS) & ~TRANSIENT & 0xffff;
      require(flags == (level > 1 ? BRANCH : LEAF), "page %d is of another kind", number);
      int lower = page.getShort(PAGE_LOWER) & 0xffff;
      int upper = page.getShort(PAGE_UPPER) & 0xffff;
      int nodes = (lower - PAGE_HEADER) / Short.BYTES;
      require(
          lower >= PAGE_HEADER && lower % 2 == 0 && lower <= upper && upper <= pageBytes,
          "page %d has free space from %d to %d",
          number,
          lower,
          upper);
      require(nodes >= (level > 1 ? 2 : 1), "page %d has %d entries", number, nodes);
      for (int i = 0; i < nodes; i++) {
        requireNode(page, number, i, upper);
      }
      if (level > 1) {
        branches++;
        walkBranch(page, nodes, level, low, high);
      } else {
        leaves++;
        for (int i = 0; i < nodes; i++) {
          byte[] key = key(page, i);
          require(
              (previous == null || compare(previous, key) < 0)
                  && (low == null || compare(low, key) <= 0)
                  && (high == null || compare(key, high) < 0),
              "page %d has a key out of order",
              number);
          previous = key;
          entries++;
          walkValue(page, number, i, key);
        }
      }
    }

    private void requireNode(ByteBuffer page, long number, int i, int upper) throws Damage {
      int at = at(page, i);
      require(
          at >= upper && at % 2 == 0 && at + NODE_HEADER <= pageBytes,
          "page %d has an entry at %d",
          number,
          at);
      int keyBytes = page.getShort(at + NODE_KEY_BYTES) & 0xffff;
      require(
          keyBytes <= MOST_KEY_BYTES && at + NODE_HEADER + keyBytes <= pageBytes,
          "page %d has a key of %d bytes",
          number,
          keyBytes);
      require(
          kind != Kind.FREE_PAGES || keyBytes == Long.BYTES || (keyBytes == 0 && i == 0),
          "page %d has a key of %d bytes",
          number,
          keyBytes);
    }

    private void walkBranch(ByteBuffer page, int nodes, int level, byte[] low, byte[] high)
        throws IOException, Damage {
      for (int i = 0; i < nodes; i++) {
        int at = at(page, i);
        long child = low32(page, at) | (page.getShort(at + NODE_FLAGS) & 0xffffL) << 32;
        byte[] from = i == 0 ? low : key(page, i);
        byte[] to = i == nodes - 1 ? high : key(page, i + 1);
        try {
          walk(child, level - 1, from, to);
        } catch (Damage e) {
          find(name + ": " + e.getMessage());
        }
      }
    }

    private void walkValue(ByteBuffer page, long number, int i, byte[] key)
        throws IOException, Damage {
      int at = at(page, i);
      int flags = page.getShort(at + NODE_FLAGS) & 0xffff;
      long bytes = low32(page, at);
      int value = at + NODE_HEADER + key.length;
      boolean known = kind == Kind.NAMES ? flags == SUBTREE : (flags & ~BIG_VALUE) == 0;
      require(known, "page %d has an entry of an unknown kind", number);
      long inPage = flags == BIG_VALUE ? Long.BYTES : bytes;
      require(value + inPage <= pageBytes, "page %d has a value of %d bytes", number, bytes);
      if (flags == BIG_VALUE) {
        walkBig(page.getLong(value), bytes);
      } else if (kind == Kind.NAMES) {
        require(bytes == TREE_BYTES, "page %d has a table that is none", number);
        String table = new String(key, StandardCharsets.US_ASCII);
        new Tree(Kind.TABLE, "the table " + table, page.slice(value, TREE_BYTES)).walk();
      } else if (kind == Kind.FREE_PAGES) {
        noteFree(page.slice(value, (int) bytes).order(ByteOrder.LITTLE_ENDIAN));
      }
    }

    /** A value with pages of its own; what got shorter keeps them. */
    private void walkBig(long first, long bytes) throws IOException, Damage {
      take(first, 1);
      ByteBuffer head = read(first * pageBytes, PAGE_HEADER);
      int pages = head.getInt(PAGE_RUN);
      require(
          head.getLong(PAGE_NUMBER) == first
              && (head.getShort(PAGE_FLAGS) & ~TRANSIENT & 0xffff) == OVERFLOW
              && (long) pages * pageBytes >= PAGE_HEADER + bytes,
          "page %d is not the first of a value of %d bytes",
          first,
          bytes);
      if (pages > 1) {
        take(first + 1, pages - 1);
      }
      overflow += pages;
      if (kind == Kind.FREE_PAGES) {
        noteFree(read(first * pageBytes + PAGE_HEADER, (int) bytes));
      }
    }

    /** A list of free pages: how many, then their numbers, falling. */
    private void noteFree(ByteBuffer list) throws Damage {
      int bytes = list.remaining();
      require(bytes >= Long.BYTES && bytes % Long.BYTES == 0, "a list of %d bytes", bytes);
      long count = list.getLong();
      require(
          count >= 0 && count < bytes / Long.BYTES, "a list of %d pages in %d bytes", count, bytes);
      long[] pages = new long[(int) count];
      for (int i = 0; i < pages.length; i++) {
        pages[i] = list.getLong();
        require(
            pages[i] >= 2 && pages[i] <= lastPage && (i == 0 || pages[i] < pages[i - 1]),
            "page %d is noted as free",
            pages[i]);
      }
      free.add(pages);
    }

    /** A node's size of its value, or the low part of the number of the page below. */
    private long low32(ByteBuffer page, int at) {
      long low = page.getShort(at + NODE_LOW) & 0xffffL;
      long high = page.getShort(at + NODE_HIGH) & 0xffffL;
      return low | high << 16;
    }

    private int at(ByteBuffer page, int i) {
      return page.getShort(PAGE_HEADER + i * Short.BYTES) & 0xffff;
    }

    private byte[] key(ByteBuffer page, int i) {
      int at = at(page, i);
      byte[] key = new byte[page.getShort(at + NODE_KEY_BYTES) & 0xffff];
      page.get(at + NODE_HEADER, key);
      return key;
    }

    private int compare(byte[] a, byte[] b) {
      if (kind == Kind.FREE_PAGES && a.length == Long.BYTES && b.length == Long.BYTES) {
        return Long.compareUnsigned(integer(a), integer(b));
      }
      return Arrays.compareUnsigned(a, b);
    }
  }

  private static long integer(byte[] key) {
    return ByteBuffer.wrap(key).order(ByteOrder.LITTLE_ENDIAN).getLong();
  }
}
