package dev.pando.cli;

import java.nio.file.Path;

/**
 * A store that a daemon of this machine shows.
 *
 * @param mountpoint absolute, normalized
 * @param store absolute, normalized
 * @param pid the daemon's process
 * @param state {@code ready}, {@code recovering}, {@code read-only} or {@code failed}
 */
record Mount(Path mountpoint, Path store, String transport, long pid, String state) {}
