package dev.pando.cowstore.catalog;

/** Takes records in the order of their keys. */
@FunctionalInterface
public interface RecordVisitor {
  /** Takes one record; returns whether to go on. */
  boolean record(byte[] key, byte[] value);
}
