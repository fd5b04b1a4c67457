/**
 * The copy-on-write block store, and its only door: {@link dev.pando.cowstore.CowStore} is a store,
 * {@link dev.pando.cowstore.CowFile} the data of one file, {@link dev.pando.cowstore.Change} a
 * batch of changes that is seen whole or not at all. Behind the door, {@code Log} is where every
 * change becomes a journal record and visible in one step, {@code Committer} moves what the journal
 * holds into the catalog, {@code Flusher} serves fsync, and {@code Recovery} reads the journal
 * back.
 *
 * <p>Order of locks: the use of the store, the one search for equal blocks, change lock, gates by
 * file id, a file's extend lock, one leaf lock, the log lock. No I/O under the log lock; whoever
 * waits for a bound, a flush or a commit holds none.
 */
package dev.pando.cowstore;
