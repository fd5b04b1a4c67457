package dev.pando.cowstore;

/** What a store can do at the moment. */
public enum StoreState {
  /** Reads and writes. */
  READY,
  /** Reads; takes no changes, by request or after an error of the host's disk. */
  READ_ONLY,
  /** Closed. */
  CLOSED
}
