package dev.pando.cowstore;

import dev.pando.cowstore.StoreException.Reason;
import dev.pando.cowstore.catalog.Catalog;
import java.io.IOException;
import java.nio.file.Files;

/**
 * Brings a store of version 2 of the format to version 3: its records get checksums, and its
 * journal, which holds nothing, is made anew. FORMAT.md, chapter 8.
 *
 * <p>The file {@code format} is written first: whatever interrupts the rest, the store is of the
 * new version from then on, and its header record, by its length, is still of the old one until all
 * records are of the new.
 */
final class Upgrade {
  private Upgrade() {}

  /**
   * Upgrades a store if it is of version 2.
   *
   * @throws StoreException FORMAT: it was not closed, and its journal is one that only a program of
   *     that version can read. Nothing has changed
   */
  static void ifDue(StoreDirectory directory, Catalog catalog) throws IOException {
    byte[] value = catalog.stored(StoreHeader.KEY);
    boolean due = value != null && value.length == StoreHeader.BYTES_OF_VERSION_2;
    if (due && !StoreHeader.decode(value).clean()) {
      throw new StoreException(
          Reason.FORMAT,
          "the store "
              + directory.path()
              + " was written by an older Pando (format 2) and not unmounted: mount it with that"
              + " version and unmount it, then this one can take it over");
    }
    if (directory.isFormer()) {
      directory.upgrade();
    }
    if (due) {
      Files.deleteIfExists(directory.journal());
      catalog.sealRecords();
    }
  }
}
