package dev.pando.cowstore.catalog;

/**
 * Takes records in the order of their keys. It holds the catalog where it is: it may look for other
 * records, and must wait for nothing.
 */
@FunctionalInterface
public interface RecordVisitor {
  /** Takes one record; returns whether to go on. */
  boolean record(byte[] key, byte[] value);
}
