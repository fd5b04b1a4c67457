package dev.pando.daemon;

import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.ExitStatus;
import dev.pando.daemon.fuse.MountException;
import dev.pando.daemon.fuse.MountOptions;
import dev.pando.daemon.fuse.TransportChoice;
import dev.pando.daemon.host.HostUser;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What a daemon is asked for: {@code STORE MOUNTPOINT [--transport NAME] [-o OPTIONS]
 * [--accept-loss] [--attended]}.
 *
 * @param store absolute; made if it is missing
 * @param mountpoint absolute
 * @param acceptLoss whether to open a store that may have lost writes that were acknowledged
 * @param isAttended whether a parent waits for word on standard output, and ends the daemon by
 *     going away; see {@link Parent}
 */
record DaemonArguments(
    Path store,
    Path mountpoint,
    TransportChoice transport,
    MountOptions options,
    boolean acceptLoss,
    boolean isAttended) {
  private static final String TRANSPORT = "--transport";

  /**
   * Reads the command line.
   *
   * @throws ControlException USAGE, with what is wrong
   */
  static DaemonArguments parse(List<String> arguments) throws ControlException {
    List<String> paths = new ArrayList<>();
    TransportChoice transport = TransportChoice.AUTO;
    MountOptions options = options("");
    boolean acceptLoss = false;
    boolean isAttended = false;
    for (int i = 0; i < arguments.size(); i++) {
      String argument = arguments.get(i);
      if (argument.equals("--attended")) {
        isAttended = true;
      } else if (argument.equals("--accept-loss")) {
        acceptLoss = true;
      } else if (argument.equals("-o") && i + 1 < arguments.size()) {
        i++;
        options = options(arguments.get(i));
      } else if (argument.equals(TRANSPORT) && i + 1 < arguments.size()) {
        i++;
        transport = transport(arguments.get(i));
      } else if (argument.startsWith(TRANSPORT + "=")) {
        transport = transport(argument.substring(TRANSPORT.length() + 1));
      } else if (argument.startsWith("-")) {
        throw usage("'" + argument + "' is not understood");
      } else {
        paths.add(argument);
      }
    }
    if (paths.size() != 2) {
      throw usage("a store and a mount point are needed");
    }
    return new DaemonArguments(
            path(paths.get(0)), path(paths.get(1)), transport, options, acceptLoss, isAttended)
        .apart();
  }

  private static MountOptions options(String text) throws ControlException {
    try {
      return MountOptions.parse(text, HostUser.current().isRoot());
    } catch (MountException e) {
      throw Refusals.of(e);
    }
  }

  private static TransportChoice transport(String text) throws ControlException {
    try {
      return TransportChoice.parse(text);
    } catch (MountException e) {
      throw Refusals.of(e);
    }
  }

  private static Path path(String text) throws ControlException {
    try {
      return Path.of(text).toAbsolutePath().normalize();
    } catch (InvalidPathException e) {
      throw usage("'" + text + "' can not be a path");
    }
  }

  /** A mount over the store's own files would make each wait for the other. */
  private DaemonArguments apart() throws ControlException {
    if (store.startsWith(mountpoint) || mountpoint.startsWith(store)) {
      throw usage("the store and the mount point must not lie within each other");
    }
    return this;
  }

  private static ControlException usage(String sentence) {
    return new ControlException(ExitStatus.USAGE, sentence);
  }
}
