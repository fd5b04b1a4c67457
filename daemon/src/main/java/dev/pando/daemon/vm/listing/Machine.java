package dev.pando.daemon.vm.listing;

import dev.pando.daemon.tree.Opener;
import dev.pando.daemon.vm.files.VmDisk;
import dev.pando.daemon.vmware.KeyChange;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * A VM as it is listed, at one instant.
 *
 * @param name its path below the mount's root
 * @param parent what it was cloned from
 * @param generation of a template, which one this is, from 1; of any other VM nothing
 * @param ambiguous whether its directory holds two configurations: operations refuse it
 * @param running whether a disk image is open for writing, a hypervisor's lock says so, or it was
 *     powered on by command
 * @param runningBy the processes known to run it, each once
 * @param logicalBytes the sizes of all its files together
 * @param privateBytes what of their data only this VM can reach
 * @param sharedBytes what of their data something else may reach too
 * @param twins other VMs with the same identity; only of a list
 * @param details what is told of a VM that is asked for by name
 */
public record Machine(
    String name,
    Kind kind,
    Optional<Parent> parent,
    OptionalInt generation,
    boolean ambiguous,
    boolean running,
    List<Opener> runningBy,
    long logicalBytes,
    long privateBytes,
    long sharedBytes,
    Twins twins,
    Optional<Details> details) {

  /** What a VM is. */
  public enum Kind {
    VM("vm"),
    TEMPLATE("template"),
    LINKED_CLONE("linked-clone"),
    FULL_CLONE("full-clone");

    private final String word;

    Kind(String word) {
      this.word = word;
    }

    /** The word for it on screen and in JSON. */
    public String word() {
      return word;
    }
  }

  /**
   * What a VM was cloned from.
   *
   * @param name what it is called now; if it is gone, what it was called then
   * @param generation of a template, which one; else nothing
   * @param deleted whether it is gone
   */
  public record Parent(String name, OptionalInt generation, boolean deleted) {}

  /**
   * Other VMs that could be taken for this one on a network or by a hypervisor: copies by {@code
   * cp}, for instance.
   *
   * @param byUuid those with the same UUID
   * @param byMac those with a MAC address of this one
   */
  public record Twins(List<String> byUuid, List<String> byMac) {
    /** None. */
    public static final Twins NONE = new Twins(List.of(), List.of());
  }

  /**
   * An earlier generation of a template, which can be cloned.
   *
   * @param number from 1
   * @param frozenNanos when it was frozen, nanoseconds since the epoch
   */
  public record EarlierGeneration(int number, long frozenNanos) {}

  /**
   * Something that was changed in a clone's files when it was made.
   *
   * @param file relative to the VM's directory, as it was called then
   */
  public record Change(String file, KeyChange change) {}

  /**
   * What a VM's own files say, and what is on record of it.
   *
   * @param directory where it is in the mount, absolute
   * @param uuid 8-4-4-4-12 digits in lower case, if it has one
   * @param createdNanos when it was cloned or imported, nanoseconds since the epoch, if it was
   * @param frozenNanos of a template, when it was frozen
   * @param generations earlier ones that are kept, the oldest first
   * @param changes of a clone, what was changed when it was made
   * @param moreChanges how many changes there were beyond these
   */
  public record Details(
      String directory,
      List<VmDisk> disks,
      Optional<String> uuid,
      List<String> macs,
      OptionalLong createdNanos,
      OptionalLong frozenNanos,
      List<EarlierGeneration> generations,
      List<Change> changes,
      int moreChanges) {}
}
