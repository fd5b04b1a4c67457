package dev.pando.daemon.vm.listing;

/**
 * What one VM takes, in bytes; earlier generations of a template are counted with it.
 *
 * @param clones how many linked clones it has
 * @param logicalBytes the sizes of all its files together
 * @param privateBytes what removing it alone would free at once
 * @param sharedBytes the rest of its data: of a template, what its clones need
 */
public record VmSpace(
    String name,
    Machine.Kind kind,
    int clones,
    long logicalBytes,
    long privateBytes,
    long sharedBytes) {}
