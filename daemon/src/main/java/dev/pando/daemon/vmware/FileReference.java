package dev.pando.daemon.vmware;

/**
 * A file that a configuration names.
 *
 * @param key the entry's name as it is spelled
 * @param path the value: relative to the VM's directory, or absolute
 * @param role what the machine does with it
 */
public record FileReference(String key, String path, Role role) {
  /** What a machine does with a file. */
  public enum Role {
    DISK,
    CD_IMAGE,
    FLOPPY_IMAGE,
    NVRAM,
    SUPPLEMENT
  }

  /** Whether the path is absolute or leaves the directory of the file that names it. */
  public boolean leavesDirectory() {
    return FilePath.leavesDirectory(path);
  }

  /**
   * The name of the file in a directory that holds all of a VM: the last component if it leaves.
   */
  public String localPath() {
    return leavesDirectory()
        ? FilePath.lastComponent(path)
        : FilePath.withoutCurrentDirectory(path);
  }
}
