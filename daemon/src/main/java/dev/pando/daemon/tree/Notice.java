package dev.pando.daemon.tree;

/**
 * One thing that whoever caches names and attributes above the tree is to be told.
 *
 * @param node the inode, or the directory that has the entry
 * @param name of the entry; null if the notice is of the inode itself. Not to be changed
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record Notice(long node, byte[] name) {}
