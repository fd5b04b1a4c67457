package dev.pando.cowstore;

/** Told, once and from any thread, when something is durable or can not become so. */
@FunctionalInterface
public interface SyncListener {
  /** Takes null when it is durable, else what went wrong. */
  void completed(StoreException failure);
}
