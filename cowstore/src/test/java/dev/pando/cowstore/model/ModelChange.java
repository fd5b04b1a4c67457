package dev.pando.cowstore.model;

import java.util.Arrays;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** The model's side of a Change: collected, then applied once. */
public final class ModelChange {
  private final ModelStore store;
  private final NavigableMap<Long, ModelFile> files;
  private final NavigableSet<Long> frozen;
  private final TreeMap<byte[], byte[]> records = new TreeMap<>(Arrays::compareUnsigned);

  ModelChange(ModelStore store, ModelCatalog catalog) {
    this.store = store;
    this.files = new TreeMap<>(catalog.files());
    this.frozen = new TreeSet<>(catalog.frozen());
    this.records.putAll(catalog.records());
  }

  public void put(byte[] key, byte[] value) {
    records.put(key, value);
  }

  public void remove(byte[] key) {
    records.remove(key);
  }

  public void createFile(long fileId) {
    files.put(fileId, new ModelFile(fileId));
  }

  public void removeFile(long fileId) {
    files.remove(fileId);
    frozen.remove(fileId);
  }

  public void fork(ModelFile source, long newFileId) {
    files.put(newFileId, source.fork(newFileId));
    if (!frozen.contains(source.id())) {
      source.forked();
    }
  }

  public void freeze(long fileId) {
    frozen.add(fileId);
  }

  public void thaw(long fileId) {
    frozen.remove(fileId);
    files.get(fileId).reserved().doubt(); // gone if anything was forked from it meanwhile
  }

  public void apply() {
    store.apply(files, frozen, records);
  }
}
