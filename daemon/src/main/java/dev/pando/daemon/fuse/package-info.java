/**
 * What any transport offers: a {@link dev.pando.daemon.fuse.Transport} puts a file system of {@link
 * dev.pando.daemon.tree} at a mount point and hands back the {@link dev.pando.daemon.fuse.Mount},
 * through which it is watched, invalidated and ended. How long the kernel may believe what it was
 * told is {@link dev.pando.daemon.fuse.CachePolicy}; how a mount is asked for, {@link
 * dev.pando.daemon.fuse.MountOptions}; why it was refused, {@link
 * dev.pando.daemon.fuse.MountException}. {@link dev.pando.daemon.fuse.Mounter} is the step into the
 * directory tree and out of it: mount(2) for root, {@code fusermount3} for a user. Transports also
 * share {@link dev.pando.daemon.fuse.OpenFiles} and {@link dev.pando.daemon.fuse.ServedMount}, with
 * what these need.
 */
package dev.pando.daemon.fuse;
