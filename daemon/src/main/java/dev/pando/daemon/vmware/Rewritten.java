package dev.pando.daemon.vmware;

import java.util.List;

/**
 * A clone's version of one of its template's files.
 *
 * @param bytes the file; not to be changed
 * @param changes what is different, in the order it was changed
 * @param warnings sentences about what the clone still shares with its template, beyond the disks
 */
@SuppressWarnings("ArrayRecordComponent") // a file's bytes are handed on, never compared
public record Rewritten(byte[] bytes, List<KeyChange> changes, List<String> warnings) {}
