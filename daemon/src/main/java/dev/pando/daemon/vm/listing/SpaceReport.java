package dev.pando.daemon.vm.listing;

import java.util.List;
import java.util.OptionalLong;

/**
 * What is stored, and what it would be without sharing, in bytes.
 *
 * @param logicalBytes the sizes of all files together
 * @param storedBytes blocks in use
 * @param metadataBytes what the store needs for itself
 * @param savedByCloningBytes data that files share instead of having their own
 * @param savedByDedupeBytes data found equal, or copied within the mount, and stored once
 * @param savedByZerosBytes holes: parts of files that were never written, or are zero
 * @param reclaimableBytes freed, but not yet given back to the host
 * @param swapAsideBytes kept for the swap of VMs that are on
 * @param capacityBytes what the host's file system holds
 * @param vms of each VM that was named, or of all
 * @param freedIfRemovedBytes what removing the VMs named would free; nothing if none was named
 */
public record SpaceReport(
    long logicalBytes,
    long storedBytes,
    long metadataBytes,
    long savedByCloningBytes,
    long savedByDedupeBytes,
    long savedByZerosBytes,
    long reclaimableBytes,
    long swapAsideBytes,
    long capacityBytes,
    List<VmSpace> vms,
    OptionalLong freedIfRemovedBytes) {}
