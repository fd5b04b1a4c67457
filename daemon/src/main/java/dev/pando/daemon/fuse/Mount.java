package dev.pando.daemon.fuse;

import java.nio.file.Path;
import java.time.Duration;

/**
 * A mounted file system that is being served. Every way of ending it may be called any number of
 * times, and does nothing to a mount that has ended. Thread-safe; none of the methods may be called
 * from within a request.
 */
public interface Mount {
  /** How far along a mount is. */
  enum State {
    /** It is there and answers. */
    SERVING,
    /** It has left the directory tree and serves what is still open. */
    DETACHED,
    /** It is gone: no request will come, and every file has been released. */
    ENDED
  }

  /** The mount point, with symbolic links resolved. */
  Path mountpoint();

  State state();

  /** The minor number of the device that all files of the mount are on; the major number is 0. */
  int deviceMinor();

  /** Tells the kernel to forget what it has cached. */
  Notifier notifier();

  /**
   * Unmounts, and returns when every request is answered and every resource given back.
   *
   * @throws MountException with {@link MountException.Reason#BUSY} while files are open
   */
  void unmount() throws MountException;

  /** Takes the mount out of the directory tree; open files are served until their last close. */
  void detach() throws MountException;

  /** Ends the mount now: whoever has it open gets ENOTCONN from then on. */
  void abort() throws MountException;

  /**
   * Waits until the mount has ended, by whatever way: one of ours, or umount(8).
   *
   * @return whether it ended within {@code limit}
   */
  boolean awaitEnd(Duration limit) throws InterruptedException;
}
