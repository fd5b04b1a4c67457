package dev.pando.daemon.vm.running;

import dev.pando.daemon.memory.HostMemory;
import dev.pando.daemon.memory.HostSettings;
import dev.pando.daemon.memory.MeasuredMemory;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.FileSystem;
import dev.pando.daemon.tree.TreeView;
import dev.pando.daemon.vm.files.Failures;
import dev.pando.daemon.vm.files.MachineException;
import java.io.IOException;

/**
 * The host's memory: what was said of it, which is attached to the root, and what is measured.
 *
 * @param settings what was said
 * @param measured what the kernel says
 */
public record HostAccount(HostSettings settings, MeasuredMemory measured) {
  /** Which attachment of the root it is. */
  public static final byte PART = 5;

  static HostAccount of(TreeView view) throws ErrnoException, MachineException {
    try {
      HostSettings settings =
          view.attachment(FileSystem.ROOT, PART)
              .map(HostSettings::decode)
              .orElse(HostSettings.NONE);
      return new HostAccount(settings, MeasuredMemory.now());
    } catch (IOException e) {
      throw Failures.translate(e);
    }
  }

  public HostMemory memory() {
    return settings.host(measured.totalBytes());
  }
}
