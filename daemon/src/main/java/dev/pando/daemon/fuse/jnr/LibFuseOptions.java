package dev.pando.daemon.fuse.jnr;

import dev.pando.daemon.fuse.MountOptions;
import java.util.ArrayList;
import java.util.List;

/** What libfuse 2 is told with {@code -o}. */
final class LibFuseOptions {
  /**
   * Names and attributes are asked for each time, since nothing can be invalidated. Without
   * big_writes every write is cut into 4 KiB; 128 KiB is the most that libfuse 2 takes. As many
   * asynchronous requests as our threads can be busy with twice over wait in the kernel at most.
   * hard_remove is not among them: with it, fstat(2) of a file without a name fails; see {@link
   * HiddenNames}.
   */
  private static final List<String> ALWAYS =
      List.of(
          "fsname=pando",
          "subtype=pando",
          "default_permissions",
          "use_ino",
          "entry_timeout=0",
          "attr_timeout=0",
          "negative_timeout=0",
          "big_writes",
          "max_write=131072",
          "max_background=64",
          "atomic_o_trunc");

  private LibFuseOptions() {}

  static String of(MountOptions options) {
    List<String> all = new ArrayList<>(ALWAYS);
    if (options.readOnly()) {
      all.add("ro");
    }
    if (options.allowOther()) {
      all.add("allow_other");
    }
    if (options.noAccessTimes()) {
      all.add("noatime");
    }
    if (!options.securityContext().isEmpty()) {
      // libfuse takes the backslash away, the kernel minds the quotes
      all.add("context=\"" + options.securityContext().replace(",", "\\,") + '"');
    }
    return String.join(",", all);
  }
}
