/**
 * The daemon: one process that opens a store, shows it at a mount point and answers commands.
 * {@link dev.pando.daemon.Daemon} is its main class. {@code MountedStore} holds the pieces
 * together, and is the one place to read in which order they start and end.
 */
package dev.pando.daemon;
