package dev.pando.daemon.vmware;

import java.util.Optional;

/**
 * One change that was made to a file.
 *
 * @param key the entry's name
 * @param before its value before, or nothing if it is new
 * @param after its value now, or nothing if it is gone
 */
public record KeyChange(String key, Optional<String> before, Optional<String> after) {}
