package dev.pando.cowstore;

/**
 * What a search for equal blocks has done.
 *
 * @param readBytes data that was read
 * @param sharedBytes blocks that were found to be equal to another and are not stored any more
 */
public record DedupeReport(long readBytes, long sharedBytes) {}
