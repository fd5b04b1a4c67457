/**
 * A file system with no transport: inodes, directories, attributes, extended attributes and open
 * files over the block store. {@link dev.pando.daemon.tree.FileSystem} is what a transport calls;
 * {@link dev.pando.daemon.tree.Attributes} and {@link dev.pando.daemon.tree.Errno} are the words
 * the two share.
 */
package dev.pando.daemon.tree;
