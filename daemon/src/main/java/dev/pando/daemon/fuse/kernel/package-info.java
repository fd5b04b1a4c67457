/**
 * The FUSE protocol spoken straight to {@code /dev/fuse} on Linux. {@link
 * dev.pando.daemon.fuse.kernel.KernelTransport} mounts; each of its workers reads one request at a
 * time from a device of its own into its slot, has it executed against the file system and writes
 * the reply. Who waits for the disk only to be told that it is done is parked and keeps no worker.
 * Start reading at {@code Worker}; {@code MountMemory} has the layout that outlives the process.
 */
package dev.pando.daemon.fuse.kernel;
