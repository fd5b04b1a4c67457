package dev.pando.cowstore;

import dev.pando.cowstore.catalog.Catalog;
import dev.pando.cowstore.map.DamagedPageException;
import dev.pando.cowstore.map.Entry;
import dev.pando.cowstore.map.EpochAliases;
import dev.pando.cowstore.map.MapPage;
import dev.pando.cowstore.segment.Block;
import dev.pando.cowstore.segment.BlockSet;
import dev.pando.cowstore.segment.Segments;
import dev.pando.cowstore.segment.SpaceRecords;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Verifies the catalog of a store that is closed: every map from every root, every entry, the
 * epochs, the free space, the counters. Follows FORMAT.md and nothing else, so that it does not
 * share the mistakes of the code that writes. Memory: 64 KiB and more for a GiB of data, and some
 * 100 bytes a map page.
 */
final class StoreCheck {
  private final Catalog catalog;
  private final int segments;

  private final List<String> damage = new ArrayList<>();
  private final List<String> inaccuracies = new ArrayList<>();
  private long found;

  private StoreHeader header;
  private final Map<Long, FileRecord> files = new TreeMap<>();
  private final Map<Long, Epochs.Epoch> epochs = new TreeMap<>();
  private final Map<Long, Long> dead = new TreeMap<>();

  /** What is walked now is being given back: parts of it may be gone already. */
  private boolean reclaimed;

  private final Map<Long, Long> joining = new TreeMap<>();
  private final Map<Long, Account> accounts = new TreeMap<>();
  private final EpochAliases aliases = new EpochAliases();

  private final BlockSet beyond = new BlockSet();
  private final BlockSet used = new BlockSet();
  private final BlockSet reached = new BlockSet();
  private final BlockSet marked = new BlockSet();

  /** Pages that were walked, and how many blocks each maps with all that is below it. */
  private final Map<Long, Long> mapped = new HashMap<>();

  /** Marks in the pages of each epoch, and those of them that are reserved. */
  private final Map<Long, long[]> marks = new HashMap<>();

  private final Set<Long> stale = new HashSet<>();

  /** By segment, how many blocks its file has; -1 if it is missing. */
  private final int[] lengths;

  /** Blocks that no file holds, by who refers to them and the segment. */
  private final Map<String, Map<Integer, Integer>> lost = new TreeMap<>();

  private StoreCheck(Catalog catalog, int[] lengths) {
    this.catalog = catalog;
    this.segments = lengths.length;
    this.lengths = lengths;
  }

  /** Checks, and repairs what can be if asked to and nothing is damaged. */
  static CheckReport of(Catalog catalog, Segments segments, boolean repair) throws IOException {
    int[] lengths = new int[segments.count()];
    for (int index = 0; index < lengths.length; index++) {
      lengths[index] = segments.wholeBlocksInFile(index);
    }
    StoreCheck check = new StoreCheck(catalog, lengths);
    if (check.read()) {
      check.walk();
      check.compare();
    }
    boolean repaired = repair && check.damage.isEmpty() && check.found > 0;
    if (repaired) {
      check.repair();
    }
    return new CheckReport(
        check.files.size(),
        check.mapped.size(),
        check.reached.size() << Block.SHIFT,
        List.copyOf(check.damage),
        List.copyOf(check.inaccuracies),
        check.found,
        repaired,
        List.of());
  }

  private void damaged(String what) {
    note(damage, what);
  }

  private void inaccurate(String what) {
    note(inaccuracies, what);
  }

  private void note(List<String> list, String what) {
    found++;
    if (list.size() < CheckReport.MOST) {
      list.add(what);
    }
  }

  // ---- reading

  /** Reads all records; false if what the others depend on is damaged. */
  private boolean read() throws IOException {
    verifyRecords();
    if (!damage.isEmpty()) {
      // what is missing would look like other damage
      return false;
    }
    byte[] value = catalog.record(StoreHeader.KEY);
    if (value == null) {
      header = StoreHeader.fresh(new java.util.UUID(0, 0));
      return true;
    }
    header = StoreHeader.decode(value);
    scan(FileRecord.TABLE, (id, bytes) -> files.put(id, FileRecord.decode(bytes)));
    scan(Epochs.EPOCH, (id, bytes) -> epochs.put(id, Epochs.Epoch.decode(bytes)));
    scan(Epochs.DEAD, (id, bytes) -> dead.put(id, ByteBuffer.wrap(bytes).getLong()));
    scan(Epochs.JOINING, (id, bytes) -> joining.put(id, ByteBuffer.wrap(bytes).getLong()));
    List<long[]> pairs = new ArrayList<>();
    scan(Epochs.ALIAS, (id, bytes) -> pairs.add(new long[] {id, ByteBuffer.wrap(bytes).getLong()}));
    aliases.load(pairs);
    scan(Account.TABLE, (id, bytes) -> accounts.put(id, Account.decode(id, bytes)));
    SpaceRecords.scanBits(catalog, BeyondFamily.TABLE, beyond::add);
    SpaceRecords.scanUsed(catalog, used::add);
    return true;
  }

  /** Every record, also those of the layer above, against its checksum. */
  private void verifyRecords() throws IOException {
    catalog.scan(
        new byte[] {0},
        new byte[] {(byte) 0xff},
        (key, value) -> true,
        failure -> damaged(failure.getMessage()));
  }

  @FunctionalInterface
  private interface NumberedRecord {
    void record(long id, byte[] value);
  }

  private void scan(byte table, NumberedRecord visitor) throws IOException {
    catalog.scan(
        new byte[] {table},
        new byte[] {(byte) (table + 1)},
        (key, value) -> {
          visitor.record(ByteBuffer.wrap(key, 1, Long.BYTES).getLong(), value);
          return true;
        });
  }

  // ---- walking

  private void walk() throws IOException {
    for (Map.Entry<Long, FileRecord> file : files.entrySet()) {
      walkRoot("file " + file.getKey(), file.getValue().root());
    }
    for (Map.Entry<Long, Epochs.Epoch> epoch : epochs.entrySet()) {
      if (!dead.containsKey(epoch.getKey())) {
        walkRoot("epoch " + epoch.getKey(), epoch.getValue().root());
      }
    }
    reclaimed = true;
    for (Map.Entry<Long, Long> epoch : dead.entrySet()) {
      walkRoot("epoch " + epoch.getKey(), epoch.getValue());
    }
    for (Map.Entry<Long, Long> epoch : joining.entrySet()) {
      // what the epoch was before it was joined: parts of it may be gone already
      walkRemains(epoch.getKey(), epoch.getValue());
    }
    lost.forEach(
        (owner, bySegment) -> bySegment.forEach((index, blocks) -> lose(owner, index, blocks)));
  }

  private void lose(String owner, int segment, int blocks) {
    boolean missing = segment >= segments || lengths[segment] < 0;
    damaged(
        "%s has lost %d blocks: the file of segment %08x is %s"
            .formatted(owner, blocks, segment, missing ? "missing" : "cut short"));
  }

  private void walkRoot(String owner, long root) throws IOException {
    if (root != 0) {
      walkPage(owner, root, -1);
    }
  }

  /** Walks a page unless that was done; returns how many blocks it maps, or 0 if it is damaged. */
  private long walkPage(String owner, long id, int level) throws IOException {
    Long known = mapped.get(id);
    if (known != null) {
      return known;
    }
    MapPage page = load(owner, id);
    if (page == null) {
      mapped.put(id, 0L);
      return 0;
    }
    if (level >= 0 && page.level() != level) {
      damaged(owner + ": map page " + id + " is of level " + page.level() + ", not " + level);
    }
    long blocks = 0;
    for (int slot = 0; slot < MapPage.ENTRIES; slot++) {
      long entry = page.entry(slot);
      if (entry == Entry.NONE) {
        continue;
      }
      if (page.level() > 0) {
        blocks += walkPage(owner, entry, page.level() - 1);
      } else {
        see(owner, page, entry);
        blocks += Entry.data(entry) == 0 ? 0 : 1;
      }
    }
    mapped.put(id, blocks);
    return blocks;
  }

  private MapPage load(String owner, long id) throws IOException {
    if (id >= header.nextPage()) {
      damaged(owner + " refers to map page " + id + ", which was never made");
      return null;
    }
    try {
      MapPage page = catalog.page(id, image -> MapPage.decode(id, image));
      if (page == null && !reclaimed) {
        damaged(owner + " refers to map page " + id + ", which is missing");
      }
      return page;
    } catch (DamagedPageException e) {
      damaged(owner + ": " + e.getMessage());
      return null;
    }
  }

  /** One entry of a leaf that is seen for the first time. */
  private void see(String owner, MapPage leaf, long entry) {
    long address = Entry.address(entry);
    if (address == 0) {
      damaged(
          owner + ": map page " + leaf.id() + " refers to block " + address + ", which is none");
      return;
    }
    int segment = Block.segment(address);
    int blocksInFile = segment < segments ? lengths[segment] : -1;
    if (!Entry.isUnwritten(entry) && Block.inSegment(address) >= blocksInFile) {
      lost.computeIfAbsent(owner, name -> new TreeMap<>()).merge(segment, 1, Integer::sum);
    }
    reached.add(address, 1);
    if (Entry.isPrivate(entry)) {
      long[] counts = marks.computeIfAbsent(aliases.resolve(leaf.epoch()), e -> new long[2]);
      counts[0]++;
      counts[1] += Entry.isUnwritten(entry) ? 1 : 0;
      if (marked.contains(address) && !beyond.contains(address)) {
        damaged(owner + ": block " + address + " is private in two places");
      }
      marked.add(address, 1);
    } else if (Entry.isUnwritten(entry)) {
      damaged(owner + ": map page " + leaf.id() + " has a reserved block that is not private");
    }
  }

  /**
   * Pages of an epoch that is being joined: what is gone, or shared with the rest, is no matter.
   */
  private void walkRemains(long epoch, long id) throws IOException {
    if (id == 0 || mapped.containsKey(id)) {
      return;
    }
    MapPage page = load("epoch " + epoch + ", which is being joined", id);
    mapped.put(id, 0L);
    if (page == null) {
      return;
    }
    boolean own = aliases.resolve(page.epoch()) == epoch;
    for (int slot = 0; slot < MapPage.ENTRIES; slot++) {
      long entry = page.entry(slot);
      if (entry != Entry.NONE && page.level() > 0) {
        walkRemains(epoch, entry);
      } else if (entry != Entry.NONE && own && Entry.isPrivate(entry)) {
        reached.add(Entry.address(entry), 1);
        marked.add(Entry.address(entry), 1);
        stale.add(epoch);
      }
    }
  }

  // ---- comparing

  private void compare() throws IOException {
    compareSpace();
    compareFiles();
    compareAccounts();
    compareEpochs();
    catalog.scanPages(
        (id, image) -> {
          if (!mapped.containsKey(id)) {
            inaccurate("map page " + id + " is stored, and nothing refers to it");
          }
        });
  }

  private void compareSpace() throws IOException {
    reached.forEach(
        address -> {
          if (!used.contains(address)) {
            inaccurate("block " + address + " is referred to, and counts as free");
          }
          if (!marked.contains(address) && !beyond.contains(address)) {
            damaged("block " + address + " is shared, and belongs to nobody");
          }
        });
    used.forEach(
        address -> {
          if (!reached.contains(address) && !beyond.contains(address)) {
            inaccurate("block " + address + " counts as used, and nothing refers to it");
          }
        });
    for (int segment = 0; segment < segments; segment++) {
      int counted = used.size(segment);
      int recorded = SpaceRecords.usedBlocks(catalog, segment);
      if (counted != recorded) {
        inaccurate("segment " + segment + " has " + counted + " used blocks, not " + recorded);
      }
    }
    if (used.size() != header.usedBlocks()) {
      inaccurate("the store has " + used.size() + " used blocks, not " + header.usedBlocks());
    }
  }

  private void compareFiles() {
    Map<Long, Long> bearers = new HashMap<>();
    for (Map.Entry<Long, FileRecord> entry : files.entrySet()) {
      FileRecord file = entry.getValue();
      String name = "file " + entry.getKey();
      if (file.epoch() >= header.nextEpoch() || aliases.resolve(file.epoch()) != file.epoch()) {
        damaged(name + " bears epoch " + file.epoch() + ", which is none");
      }
      Long other = bearers.put(file.epoch(), entry.getKey());
      if (other != null) {
        damaged(name + " bears the epoch of file " + other);
      }
      FileRecord counted = counted(file);
      if (!stale.contains(file.epoch()) && !counted.equals(file)) {
        inaccurate(
            name
                + " has %d blocks, %d private, %d reserved, not %d, %d, %d"
                    .formatted(
                        counted.mappedBlocks(),
                        counted.privateBlocks(),
                        counted.unwrittenBlocks(),
                        file.mappedBlocks(),
                        file.privateBlocks(),
                        file.unwrittenBlocks()));
      }
    }
  }

  private FileRecord counted(FileRecord file) {
    long[] counts = marks.getOrDefault(file.epoch(), new long[2]);
    long blocks = file.root() == 0 ? 0 : mapped.getOrDefault(file.root(), 0L);
    return new FileRecord(
        file.sizeBytes(),
        file.root(),
        file.epoch(),
        blocks + counts[1],
        counts[0],
        file.dataTime(),
        file.group(),
        file.flags(),
        counts[1]);
  }

  /** Blocks that each account should count: the sum over the files that count to it. */
  private Map<Long, Long> counts() {
    Map<Long, Long> counts = new HashMap<>();
    for (FileRecord stored : files.values()) {
      FileRecord file = stale.contains(stored.epoch()) ? stored : counted(stored);
      if ((file.flags() & FileRecord.COUNTED) != 0) {
        counts.merge(file.group(), Math.min(file.privateBlocks(), file.mappedBlocks()), Long::sum);
      }
    }
    return counts;
  }

  private void compareAccounts() {
    Map<Long, Long> counts = counts();
    for (Account account : accounts.values()) {
      long counted = counts.getOrDefault(account.group, 0L);
      if (counted != account.usedBlocks()) {
        inaccurate(
            "the quota of group "
                + account.group
                + " counts "
                + account.usedBlocks()
                + " blocks, not "
                + counted);
      }
    }
  }

  private void compareEpochs() {
    Map<Long, Integer> living = new HashMap<>();
    Map<Long, Long> children = new HashMap<>();
    for (Map.Entry<Long, Epochs.Epoch> entry : epochs.entrySet()) {
      long parent = aliases.resolve(entry.getValue().parent());
      if (parent != 0) {
        living.merge(parent, 1, Integer::sum);
        children.merge(parent, entry.getKey(), (a, b) -> a ^ b);
        if (!epochs.containsKey(parent)) {
          damaged("epoch " + entry.getKey() + " descends from epoch " + parent + ", which is none");
        }
      }
    }
    for (FileRecord file : files.values()) {
      living.merge(file.epoch(), 1, Integer::sum);
    }
    for (Map.Entry<Long, Epochs.Epoch> entry : epochs.entrySet()) {
      Epochs.Epoch epoch = entry.getValue();
      long id = entry.getKey();
      int lives = living.getOrDefault(id, 0);
      if (epoch.living() != lives || epoch.children() != children.getOrDefault(id, 0L)) {
        inaccurate("epoch " + id + " has " + lives + " living children, not " + epoch.living());
      }
      if (lives == 0 && !dead.containsKey(id)) {
        inaccurate("epoch " + id + " is dead, and not to be reclaimed");
      }
      FileRecord bearer = epoch.bearer() == 0 ? null : files.get(epoch.bearer());
      if (epoch.bearer() != 0 && (bearer == null || bearer.epoch() != id)) {
        damaged("epoch " + id + " is borne by file " + epoch.bearer() + ", which is not so");
      }
      long[] counts = marks.getOrDefault(id, new long[2]);
      if (epoch.bearer() == 0
          && lives > 0
          && !stale.contains(id)
          && (epoch.privateBlocks() != counts[0] || epoch.unwrittenBlocks() != counts[1])) {
        inaccurate(
            "epoch "
                + id
                + " has %d private blocks, %d reserved, not %d, %d"
                    .formatted(
                        counts[0], counts[1], epoch.privateBlocks(), epoch.unwrittenBlocks()));
      }
    }
  }

  // ---- repairing

  /** Writes anew what follows from the maps: free space, and the counters of files and epochs. */
  private void repair() throws IOException {
    List<Long> orphans = new ArrayList<>();
    catalog.scanPages(
        (id, image) -> {
          if (!mapped.containsKey(id)) {
            orphans.add(id);
          }
        });
    BlockSet right = new BlockSet();
    reached.forEach(address -> right.add(address, 1));
    used.forEach(
        address -> {
          if (beyond.contains(address)) {
            right.add(address, 1); // the sweep decides
          }
        });
    try (Catalog.Commit commit = catalog.begin()) {
      SpaceRecords.rewrite(catalog, commit, right, segments);
      for (Map.Entry<Long, FileRecord> file : files.entrySet()) {
        if (!stale.contains(file.getValue().epoch())) {
          commit.putRecord(FileRecord.key(file.getKey()), counted(file.getValue()).encode());
        }
      }
      for (Map.Entry<Long, Epochs.Epoch> epoch : epochs.entrySet()) {
        repair(commit, epoch.getKey(), epoch.getValue());
      }
      Map<Long, Long> counts = counts();
      for (Account account : accounts.values()) {
        account.count(counts.getOrDefault(account.group, 0L) - account.usedBlocks());
        commit.putRecord(Epochs.key(Account.TABLE, account.group), account.encode());
      }
      for (long page : orphans) {
        commit.removePage(page);
      }
      commit.putRecord(StoreHeader.KEY, header.withUsedBlocks(right.size()).encode());
      commit.commit();
    }
  }

  private void repair(Catalog.Commit commit, long id, Epochs.Epoch epoch) throws IOException {
    int living = 0;
    long children = 0;
    for (Map.Entry<Long, Epochs.Epoch> other : epochs.entrySet()) {
      if (aliases.resolve(other.getValue().parent()) == id) {
        living++;
        children ^= other.getKey();
      }
    }
    FileRecord bearer = epoch.bearer() == 0 ? null : files.get(epoch.bearer());
    living += bearer == null ? 0 : 1;
    long[] counts = marks.getOrDefault(id, new long[2]);
    boolean count = epoch.bearer() == 0 && !stale.contains(id);
    Epochs.Epoch right =
        new Epochs.Epoch(
            epoch.parent(),
            living,
            epoch.root(),
            epoch.bearer(),
            children,
            count ? counts[0] : epoch.privateBlocks(),
            count ? counts[1] : epoch.unwrittenBlocks());
    commit.putRecord(Epochs.key(Epochs.EPOCH, id), right.encode());
    if (living == 0 && !dead.containsKey(id)) {
      commit.putRecord(
          Epochs.key(Epochs.DEAD, id),
          ByteBuffer.allocate(Long.BYTES).putLong(epoch.root()).array());
    }
  }
}
