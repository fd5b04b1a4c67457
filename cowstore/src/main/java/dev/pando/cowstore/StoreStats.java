package dev.pando.cowstore;

/**
 * A store's figures; sizes are in bytes.
 *
 * @param storedBytes blocks in use
 * @param metadataBytes the catalog and the journal, as they stand on the host
 * @param reclaimableBytes freed, and on its way back to the host
 * @param availableBytes what may still be stored
 * @param capacityBytes stored, available and {@linkplain CowStore#setAside set aside} together
 * @param damagedTrees removed files or forks of which a map page is damaged: what they hold is
 *     passed over until the store is opened again, and does not come back as far as that page
 *     reaches it
 */
public record StoreStats(
    long storedBytes,
    long metadataBytes,
    long reclaimableBytes,
    long availableBytes,
    long capacityBytes,
    int damagedTrees) {}
