package dev.pando.daemon.fuse;

import dev.pando.daemon.tree.FileSystem;
import java.nio.file.Path;

/** A way to bring a file system to the kernel. Thread-safe. */
public interface Transport {
  /** What {@code pando status} calls this transport. */
  String name();

  /**
   * Refuses what {@link #mount} would refuse of a mount point, of options, or for want of FUSE,
   * before anything is opened or made.
   */
  void check(Path mountpoint, MountOptions options) throws MountException;

  /**
   * Mounts {@code fileSystem} on {@code mountpoint} and serves it. Returns when the mount answers.
   *
   * @param mountpoint an empty directory that is no mount of ours
   * @throws MountException if it can not be mounted; then nothing is left behind
   */
  Mount mount(FileSystem fileSystem, Path mountpoint, MountOptions options) throws MountException;
}
