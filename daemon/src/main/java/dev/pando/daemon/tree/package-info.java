/**
 * A file system with no transport: inodes, directories, attributes, extended attributes and open
 * files over the block store. {@link dev.pando.daemon.tree.FileSystem} is what a transport calls;
 * {@link dev.pando.daemon.tree.Attributes} and {@link dev.pando.daemon.tree.Errno} are the words
 * the two share. {@link dev.pando.daemon.tree.PandoTree} is the implementation: begin with {@code
 * TreeState}, which says what is locked when, and {@code Transaction}, through which every change
 * goes; {@code TreeFormat} lays it out in records. The layer above reads by {@link
 * dev.pando.daemon.tree.TreeView} and changes by {@link dev.pando.daemon.tree.TreeEdit}.
 */
package dev.pando.daemon.tree;
