package dev.pando.daemon.vm.listing;

import dev.pando.cowstore.ScrubReport.Damage;
import java.util.Optional;

/**
 * A part of a file that a scrub found damaged.
 *
 * @param vm the VM it belongs to, or the earlier generation of a template, {@code NAME@N}
 * @param path of the file: below the VM's directory, else below the root; nothing if it has no name
 */
public record DamagedFile(Optional<String> vm, Optional<String> path, Damage damage) {}
