package dev.pando.cowstore;

import dev.pando.cowstore.catalog.Catalog;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The limits on what groups of files, and the whole store, may hold: FORMAT.md, chapter 6. Few, and
 * all in memory. Read by any thread; changed under the log lock.
 */
final class Accounts {
  /** The group whose limit is that of the whole store; nothing counts to it. */
  static final long STORE = 0;

  /** In the place of a limit: the group is gone. */
  static final long ENDED = -1;

  private final Records records;
  private final Map<Long, Account> byGroup = new ConcurrentHashMap<>();

  private Accounts(Records records) {
    this.records = records;
  }

  static Accounts load(Catalog catalog, Records records) throws IOException {
    Accounts accounts = new Accounts(records);
    catalog.scan(
        new byte[] {Account.TABLE},
        new byte[] {Account.TABLE + 1},
        (key, value) -> {
          long group = ByteBuffer.wrap(key, 1, Long.BYTES).getLong();
          accounts.byGroup.put(group, Account.decode(group, value));
          return true;
        });
    return accounts;
  }

  boolean isEmpty() {
    return byGroup.isEmpty();
  }

  /** The account of a group, or null. */
  Account find(long group) {
    return byGroup.isEmpty() ? null : byGroup.get(group);
  }

  /** What the whole store may take on the host; {@link Quota#NONE} without a limit. */
  long storeLimitBytes() {
    Account account = find(STORE);
    return account == null ? Quota.NONE : account.quota().limitBytes();
  }

  /** Sets the limit of a group, or ends its account; under the log lock. */
  void limit(long group, long bytes) {
    if (bytes == ENDED) {
      byGroup.remove(group);
      records.remove(Epochs.key(Account.TABLE, group));
    } else if (bytes != Quota.NONE || byGroup.containsKey(group)) {
      byGroup.computeIfAbsent(group, g -> new Account(g, bytes, 0)).limit(bytes);
    }
  }

  /** Puts what changed where the next commit finds it; under the log lock. */
  void store() {
    for (Account account : byGroup.values()) {
      if (account.takeChanged()) {
        records.put(Epochs.key(Account.TABLE, account.group), account.encode());
      }
    }
  }
}
