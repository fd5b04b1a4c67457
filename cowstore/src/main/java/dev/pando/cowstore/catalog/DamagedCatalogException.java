package dev.pando.cowstore.catalog;

import java.io.IOException;

/** The catalog is not what was stored: its host's disk, or memory, changed it. */
public final class DamagedCatalogException extends IOException {
  private static final long serialVersionUID = 1L;

  /**
   * @param what the record or the page, and what is wrong with it
   */
  public DamagedCatalogException(String what) {
    super("the catalog is damaged: " + what);
  }

  /** Of a record that fails its checksum. */
  static DamagedCatalogException ofRecord(byte[] key) {
    return new DamagedCatalogException("record " + name(key) + " fails its checksum");
  }

  /** A key in print: one letter says what it is, the rest is a number as a rule. */
  private static String name(byte[] key) {
    StringBuilder name = new StringBuilder();
    for (int i = 0; i < key.length; i++) {
      if (i == 0 && key[0] >= 'A' && key[0] <= 'Z') {
        name.append((char) key[0]).append(key.length > 1 ? "-" : "");
      } else {
        name.append("%02x".formatted(key[i]));
      }
    }
    return name.toString();
  }
}
