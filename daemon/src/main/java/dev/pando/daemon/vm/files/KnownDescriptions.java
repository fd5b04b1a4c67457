package dev.pando.daemon.vm.files;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.pando.daemon.tree.TreeNode;
import dev.pando.daemon.tree.TreeView;
import java.util.Optional;

/**
 * Something that VMs' configurations say, read and remembered until those change: a list of ten
 * thousand VMs reads each once. Thread-safe.
 */
public final class KnownDescriptions<T> {
  private static final int MAX_KNOWN = 20_000;

  /** Times move in steps: what changed just now may change again without a later time. */
  private static final long SETTLED_NANOS = 1_000_000_000L;

  private final TreeView view;
  private final Reader<T> reader;
  private final Cache<Version, T> known = Caffeine.newBuilder().maximumSize(MAX_KNOWN).build();

  /** What is read of a configuration, the libvirt domain if there is no other. */
  @FunctionalInterface
  public interface Reader<T> {
    T read(Inspection inspection) throws UnsoundException, MachineException;
  }

  public KnownDescriptions(TreeView view, Reader<T> reader) {
    this.view = view;
    this.reader = reader;
  }

  /** A configuration as it is until somebody changes it. */
  private record Version(long node, long sizeBytes, long modifyNanos) {}

  /**
   * What a VM's configuration says; nothing if it has none or two.
   *
   * @throws UnsoundException if it can not be read
   */
  public Optional<T> of(VmDirectory vm) throws UnsoundException, MachineException {
    Inspection inspection = vm.inspect(view);
    Optional<String> configuration = inspection.description();
    if (configuration.isEmpty() || inspection.layout().isAmbiguous()) {
      return Optional.empty();
    }
    Optional<TreeNode> node =
        vm.files().stream()
            .filter(file -> file.isTop() && file.name().equals(configuration.get()))
            .map(VmFile::node)
            .findFirst();
    if (node.isEmpty()) {
      return Optional.empty();
    }
    Version version =
        new Version(node.get().number(), node.get().sizeBytes(), node.get().modifyNanos());
    T content = known.getIfPresent(version);
    if (content == null) {
      long readMillis = System.currentTimeMillis();
      content = reader.read(inspection);
      if (version.modifyNanos() < readMillis * 1_000_000 - SETTLED_NANOS) {
        known.put(version, content);
      }
    }
    return Optional.of(content);
  }
}
