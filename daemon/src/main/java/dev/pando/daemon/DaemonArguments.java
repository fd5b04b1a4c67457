package dev.pando.daemon;

import dev.pando.cowstore.io.FileSystemHold;
import dev.pando.cowstore.io.NativeHold;
import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.ExitStatus;
import dev.pando.daemon.fuse.Keeper;
import dev.pando.daemon.fuse.MountException;
import dev.pando.daemon.fuse.MountOptions;
import dev.pando.daemon.fuse.TransportChoice;
import dev.pando.daemon.host.HostUser;
import dev.pando.daemon.vm.running.DiskPower;
import dev.pando.daemon.vm.running.Hypervisors;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a daemon is asked for: {@code STORE MOUNTPOINT [--transport NAME] [-o OPTIONS] [--admission
 * POLICY] [--hypervisors NAMES] [--accept-loss] [--attended] [--devices FD,... --words FD [--memory
 * FD [--first]] [--held FD] [--keeper SCRIPT]] [--become SCRIPT] [--try]}.
 *
 * @param store absolute; made if it is missing
 * @param mountpoint absolute
 * @param admission what becomes of a hypervisor whose VM there is no memory for
 * @param hypervisors which programs are
 * @param acceptLoss whether to open a store that may have lost writes that were acknowledged
 * @param verifyCatalog whether the store's catalog is looked at page by page first: the daemon
 *     before died of a signal, as one does whose catalog is damaged
 * @param isAttended whether a parent waits for word on standard output, and ends the daemon by
 *     going away; see {@link Parent}
 * @param keeper who started this process, and what he holds
 * @param isFirst whether what is to be taken over was never served: it is a fresh mount
 * @param becomes the script of the keeper that this process is to become when it has mounted, and
 *     that will start another daemon; only where the keeper can not do that himself
 * @param trial descriptor of the memory of a mount: all that is asked is whether a daemon of this
 *     program could take it over
 * @param lasting those of the arguments that are for every daemon of the mount
 */
record DaemonArguments(
    Path store,
    Path mountpoint,
    TransportChoice transport,
    MountOptions options,
    DiskPower.Policy admission,
    Hypervisors hypervisors,
    boolean acceptLoss,
    boolean verifyCatalog,
    boolean isAttended,
    Optional<Keeper> keeper,
    boolean isFirst,
    Optional<Path> becomes,
    OptionalInt trial,
    List<String> lasting) {
  private static final String TRANSPORT = "--transport";

  /** By the keeper. */
  private static final String VERIFY_CATALOG = "--verify-catalog";

  private static final String ADMISSION = "--admission";
  static final String HYPERVISORS = "--hypervisors";
  static final String OPTIONS = "-o";

  /**
   * Reads the command line.
   *
   * @throws ControlException USAGE, with what is wrong
   */
  static DaemonArguments parse(List<String> arguments) throws ControlException {
    List<String> paths = new ArrayList<>();
    TransportChoice transport = TransportChoice.AUTO;
    MountOptions options = options("");
    DiskPower.Policy admission = DiskPower.Policy.ADVISE;
    Hypervisors hypervisors = Hypervisors.parse(Hypervisors.USUAL);
    boolean acceptLoss = false;
    boolean verifyCatalog = false;
    boolean isAttended = false;
    List<Integer> devices = List.of();
    OptionalInt memory = OptionalInt.empty();
    OptionalInt held = OptionalInt.empty();
    OptionalInt words = OptionalInt.empty();
    boolean isFirst = false;
    Optional<Path> becomes = Optional.empty();
    Path script = Path.of("keeper");
    boolean isTrial = false;
    List<String> lasting = new ArrayList<>();
    for (int i = 0; i < arguments.size(); i++) {
      int first = i;
      boolean lasts = true;
      String argument = arguments.get(i);
      if (argument.equals("--attended")) {
        isAttended = true;
      } else if (argument.equals("--accept-loss")) {
        acceptLoss = true;
      } else if (argument.equals(VERIFY_CATALOG)) {
        verifyCatalog = true;
        lasts = false;
      } else if (argument.equals("--first")) {
        isFirst = true;
        lasts = false;
      } else if (argument.equals("--try")) {
        isTrial = true;
        lasts = false;
      } else if (argument.equals("--become") && i + 1 < arguments.size()) {
        i++;
        becomes = Optional.of(path(arguments.get(i)));
        lasts = false;
      } else if (argument.equals("--keeper") && i + 1 < arguments.size()) {
        i++;
        script = path(arguments.get(i));
        lasts = false;
      } else if (argument.equals("--devices") && i + 1 < arguments.size()) {
        i++;
        devices = descriptors(arguments.get(i));
        lasts = false;
      } else if (argument.equals("--memory") && i + 1 < arguments.size()) {
        i++;
        memory = OptionalInt.of(descriptors(arguments.get(i)).get(0));
        lasts = false;
      } else if (argument.equals("--held") && i + 1 < arguments.size()) {
        i++;
        held = OptionalInt.of(descriptors(arguments.get(i)).get(0));
        lasts = false;
      } else if (argument.equals("--words") && i + 1 < arguments.size()) {
        i++;
        words = OptionalInt.of(descriptors(arguments.get(i)).get(0));
        lasts = false;
      } else if (argument.equals(OPTIONS) && i + 1 < arguments.size()) {
        i++;
        options = options(arguments.get(i));
      } else if (argument.equals(ADMISSION) && i + 1 < arguments.size()) {
        i++;
        admission = admission(arguments.get(i));
      } else if (argument.startsWith(ADMISSION + "=")) {
        admission = admission(argument.substring(ADMISSION.length() + 1));
      } else if (argument.equals(HYPERVISORS) && i + 1 < arguments.size()) {
        i++;
        hypervisors = hypervisors(arguments.get(i));
      } else if (argument.startsWith(HYPERVISORS + "=")) {
        hypervisors = hypervisors(argument.substring(HYPERVISORS.length() + 1));
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
      if (lasts) {
        lasting.addAll(arguments.subList(first, i + 1));
      }
    }
    if (paths.size() != 2) {
      throw usage("a store and a mount point are needed");
    }
    Optional<Keeper> keeper =
        words.isPresent()
            ? Optional.of(new Keeper(script, devices, memory, held, words.getAsInt()))
            : Optional.empty();
    return new DaemonArguments(
            path(paths.get(0)),
            path(paths.get(1)),
            transport,
            options,
            admission,
            hypervisors,
            acceptLoss,
            verifyCatalog,
            isAttended,
            keeper,
            isFirst,
            becomes,
            isTrial ? memory : OptionalInt.empty(),
            List.copyOf(lasting))
        .apart();
  }

  /** What was said behind an option that is for every daemon of the mount; empty: nothing was. */
  Optional<String> said(String option) {
    Optional<String> said = Optional.empty();
    for (int i = 0; i < lasting.size(); i++) {
      if (lasting.get(i).equals(option) && i + 1 < lasting.size()) {
        said = Optional.of(lasting.get(i + 1));
      } else if (lasting.get(i).startsWith(option + "=")) {
        said = Optional.of(lasting.get(i).substring(option.length() + 1));
      }
    }
    return said;
  }

  /** Numbers with commas between them, one at least. */
  private static List<Integer> descriptors(String text) throws ControlException {
    if (!text.matches("[0-9]{1,9}(,[0-9]{1,9})*")) {
      throw usage("'" + text + "' are no file descriptors");
    }
    return Arrays.stream(text.split(",", -1)).map(Integer::valueOf).toList();
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

  private static DiskPower.Policy admission(String word) throws ControlException {
    return DiskPower.Policy.parse(word)
        .orElseThrow(() -> usage("'" + word + "' is no admission: advise or enforce would be"));
  }

  private static Hypervisors hypervisors(String names) throws ControlException {
    try {
      return Hypervisors.parse(names);
    } catch (IllegalArgumentException e) {
      throw usage(e.getMessage());
    }
  }

  private static Path path(String text) throws ControlException {
    try {
      return Path.of(text).toAbsolutePath().normalize();
    } catch (InvalidPathException e) {
      throw usage("'" + text + "' can not be a path");
    }
  }

  /** Whether a mount that is there already is to be taken over from a daemon that is gone. */
  boolean isTakeover() {
    return keeper.isPresent() && keeper.get().memory().isPresent();
  }

  /** What this process and its keeper hold of the store's file system. */
  FileSystemHold hold() {
    OptionalInt held = keeper.map(Keeper::held).orElse(OptionalInt.empty());
    return held.isPresent() ? NativeHold.inherited(held.getAsInt()) : FileSystemHold.NONE;
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
