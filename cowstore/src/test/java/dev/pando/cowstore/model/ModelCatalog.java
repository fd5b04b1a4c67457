package dev.pando.cowstore.model;

import java.util.Arrays;
import java.util.Collections;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Which files and records there are after a number of Changes. Immutable; the files are not, they
 * are the same objects in all catalogs that have them.
 *
 * @param number how many Changes led here
 */
record ModelCatalog(
    long number,
    NavigableMap<Long, ModelFile> files,
    NavigableSet<Long> frozen,
    NavigableMap<byte[], byte[]> records) {

  static final ModelCatalog EMPTY =
      new ModelCatalog(0, new TreeMap<>(), new TreeSet<>(), new TreeMap<>(Arrays::compareUnsigned));

  ModelCatalog {
    files = Collections.unmodifiableNavigableMap(new TreeMap<>(files));
    frozen = Collections.unmodifiableNavigableSet(new TreeSet<>(frozen));
    TreeMap<byte[], byte[]> copy = new TreeMap<>(Arrays::compareUnsigned);
    copy.putAll(records);
    records = Collections.unmodifiableNavigableMap(copy);
  }
}
