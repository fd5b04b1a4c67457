package dev.pando.daemon.fuse.kernel;

import dev.pando.daemon.fuse.FuseDevice;
import dev.pando.daemon.fuse.Keeper;
import dev.pando.daemon.fuse.Mount;
import dev.pando.daemon.fuse.MountException;
import dev.pando.daemon.fuse.MountOptions;
import dev.pando.daemon.fuse.Mounter;
import dev.pando.daemon.fuse.Mountpoint;
import dev.pando.daemon.fuse.Transport;
import dev.pando.daemon.fuse.wire.InitFlag;
import dev.pando.daemon.tree.FileSystem;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * The transport that speaks the FUSE protocol itself, on Linux 5.15 and newer. No libfuse takes
 * part; for a user who is not root, its helper program {@code fusermount3} mounts.
 */
public final class KernelTransport implements Transport {
  public static final String NAME = "kernel";

  private final Settings settings;
  private final Optional<Keeper> keeper;
  private final Mounter mounter;

  /** With what suits disk images on any machine. */
  public KernelTransport() {
    this(Settings.DEFAULT);
  }

  public KernelTransport(Settings settings) {
    this(settings, Optional.empty());
  }

  /** With the devices of a keeper, who lets the mount outlive this process. */
  public KernelTransport(Settings settings, Keeper keeper) {
    this(settings, Optional.of(keeper));
  }

  private KernelTransport(Settings settings, Optional<Keeper> keeper) {
    this.settings = settings;
    this.keeper = keeper;
    this.mounter =
        keeper.isPresent() ? Mounter.through(keeper.get().devices().get(0)) : Mounter.ofThisUser();
  }

  /**
   * Sizes and limits.
   *
   * @param workers threads that serve requests, each with a device and 2 MiB of memory of its own;
   *     1 to 256. A worker waits for the disk, so fewer than the disk's depth lose throughput
   * @param parkedRequests requests that may wait for durability without a worker; 1 to 65,536
   * @param maxBackground asynchronous requests that the kernel may have under way; 1 to 65,535
   * @param withheldFlags flags of INIT not to take even if the kernel offers them, by their names
   *     without FUSE_, such as ASYNC_DIO: for tests, and for a kernel with a fault
   */
  public record Settings(
      int workers, int parkedRequests, int maxBackground, Set<String> withheldFlags) {

    public static final Settings DEFAULT = new Settings(16, 4096, 512, Set.of());

    public Settings {
      requireRange("workers", workers, 256);
      requireRange("parkedRequests", parkedRequests, 1 << 16);
      requireRange("maxBackground", maxBackground, (1 << 16) - 1);
      withheldFlags = Set.copyOf(withheldFlags);
      withheldFlags.forEach(InitFlag::valueOf);
    }

    private static void requireRange(String what, int value, int most) {
      if (value < 1 || value > most) {
        throw new IllegalArgumentException(what + " is " + value + ", not within 1 to " + most);
      }
    }

    /** These settings without {@code flag}. */
    public Settings without(String flag) {
      Set<String> more = new HashSet<>(withheldFlags);
      more.add(flag);
      return new Settings(workers, parkedRequests, maxBackground, more);
    }

    Set<InitFlag> withheld() {
      Set<InitFlag> flags = EnumSet.noneOf(InitFlag.class);
      for (String name : withheldFlags) {
        flags.add(InitFlag.valueOf(name));
      }
      return flags;
    }
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void check(Path mountpoint, MountOptions options) throws MountException {
    Path directory = Mountpoint.check(mountpoint).path();
    mounter.check(directory, options);
    FuseDevice.check();
  }

  /**
   * Mounts as {@link #mount} does, for a daemon that takes over to serve.
   *
   * @throws MountException if it can not be mounted; then nothing is left behind
   */
  public LeftMount leave(Path mountpoint, MountOptions options) throws MountException {
    Mountpoint place = Mountpoint.check(mountpoint);
    return new Mounting(null, mounter, place, options, settings, keeper).leave();
  }

  @Override
  public Mount mount(FileSystem fileSystem, Path mountpoint, MountOptions options)
      throws MountException {
    Mountpoint place = Mountpoint.check(mountpoint);
    return new Mounting(fileSystem, mounter, place, options, settings, keeper).mount();
  }
}
