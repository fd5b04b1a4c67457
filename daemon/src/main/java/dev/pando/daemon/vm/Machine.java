package dev.pando.daemon.vm;

import dev.pando.daemon.tree.Opener;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A VM as it is listed, at one instant.
 *
 * @param name its path below the mount's root
 * @param parent what it was cloned from
 * @param generation of a template, which one this is, from 1; of any other VM nothing
 * @param ambiguous whether its directory holds two configurations: operations refuse it
 * @param running whether a disk image is open for writing or a lock says so
 * @param runningBy who has disk images open for writing, each process once
 * @param logicalBytes the sizes of all its files together
 * @param privateBytes what of their data only this VM can reach
 * @param sharedBytes what of their data something else may reach too
 * @param details what only {@link Machines#show} reads
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
    Optional<Details> details) {

  /** What a VM is. */
  public enum Kind {
    VM("vm"),
    TEMPLATE("template"),
    LINKED_CLONE("linked-clone");

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
   * A hard disk.
   *
   * @param file relative to the VM's directory
   * @param sizeBytes as the guest sees it
   */
  public record Disk(String file, long sizeBytes) {}

  /**
   * What a VM's own files say.
   *
   * @param directory where it is in the mount, absolute
   * @param uuid 8-4-4-4-12 digits in lower case, if it has one
   */
  public record Details(
      String directory, List<Disk> disks, Optional<String> uuid, List<String> macs) {}
}
