package dev.pando.daemon.fuse.kernel;

import dev.pando.daemon.fuse.CachePolicy;
import dev.pando.daemon.fuse.FaultLog;
import dev.pando.daemon.fuse.LastResort;
import dev.pando.daemon.fuse.OpenFiles;
import dev.pando.daemon.tree.FileSystem;

/**
 * What the workers of one mount share.
 *
 * @param openTable what is open, for whoever takes over
 * @param answers what of theirs the kernel does not have yet
 * @param faults where faults of ours are told
 * @param lastResort told of them after that
 */
record Session(
    FileSystem fileSystem,
    OpenFiles openFiles,
    OpenTable openTable,
    Connection connection,
    ParkingLot parking,
    SpaceQueue spaceQueue,
    CachePolicy cachePolicy,
    Answers answers,
    FaultLog faults,
    LastResort lastResort) {}
