/**
 * The one narrow layer through which the store touches its files: segments by positioned reads and
 * writes between the file and native memory, the journal by a mapping. Tests put their own {@link
 * dev.pando.cowstore.io.StoreIo} in its place, one that records, reorders, fails or cuts the power.
 * The catalog is the exception: LMDB does its own I/O, and commits are durable or did not happen.
 */
package dev.pando.cowstore.io;
