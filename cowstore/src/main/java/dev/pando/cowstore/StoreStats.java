package dev.pando.cowstore;

/**
 * A store's figures, in bytes.
 *
 * @param storedBytes blocks in use
 * @param metadataBytes the catalog and the journal, as they stand on the host
 * @param reclaimableBytes freed, and on its way back to the host
 * @param availableBytes what may still be stored
 * @param capacityBytes stored, available and {@linkplain CowStore#setAside set aside} together
 */
public record StoreStats(
    long storedBytes,
    long metadataBytes,
    long reclaimableBytes,
    long availableBytes,
    long capacityBytes) {}
