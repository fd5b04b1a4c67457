package dev.pando.daemon;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.daemon.fuse.Mount;
import dev.pando.daemon.fuse.SharedMapping;
import dev.pando.daemon.tree.TreeView;
import dev.pando.daemon.vm.Machines;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which processes make the writers of disk images take turns: as long as one has an image mapped
 * shared, the kernel keeps pages of it and lets one writer in at a time. Thread-safe.
 */
final class TurnTaking {
  private static final Logger LOG = LoggerFactory.getLogger(TurnTaking.class);

  /** How long it may take to find out: a process that hangs can keep its mappings from readers. */
  private static final int LIMIT_MILLIS = 500;

  private final Mount mount;
  private final TreeView view;
  private final Machines machines;

  /** The search under way or done last: one at a time, whatever hangs. Guarded by this. */
  private CompletableFuture<List<SharedMapping>> search = CompletableFuture.completedFuture(null);

  TurnTaking(Mount mount, TreeView view, Machines machines) {
    this.mount = mount;
    this.view = view;
    this.machines = machines;
  }

  /** The field {@code serializedBy} of {@code status}; empty if it can not be told in time. */
  ArrayNode document() {
    ArrayNode document = JsonNodeFactory.instance.arrayNode();
    for (SharedMapping mapping : mappings()) {
      if (view.isImage(mapping.node())) {
        document.add(document(mapping));
      }
    }
    return document;
  }

  private List<SharedMapping> mappings() {
    try {
      return begin().get(LIMIT_MILLIS, TimeUnit.MILLISECONDS);
    } catch (TimeoutException | ExecutionException e) {
      LOG.debug("who has images mapped could not be told: {}", e.toString());
      return List.of();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return List.of();
    }
  }

  private synchronized CompletableFuture<List<SharedMapping>> begin() {
    if (search.isDone()) {
      CompletableFuture<List<SharedMapping>> next = new CompletableFuture<>();
      Thread thread = new Thread(() -> search(next), "mappings");
      thread.setDaemon(true);
      thread.start();
      search = next;
    }
    return search;
  }

  private void search(CompletableFuture<List<SharedMapping>> result) {
    try {
      result.complete(SharedMapping.of(mount.deviceMinor()));
    } catch (IOException | RuntimeException | Error e) { // or no other search would ever begin
      result.completeExceptionally(e);
    }
  }

  private ObjectNode document(SharedMapping mapping) {
    // seen from another mount namespace, a path need not begin with our mount point
    Path seen = Path.of(mapping.path());
    Path mountpoint = mount.mountpoint();
    Path inTree = seen.startsWith(mountpoint) ? mountpoint.relativize(seen) : seen.getFileName();
    Optional<String> vm = machines.nameOfOwner(inTree.toString());
    String file = vm.map(name -> Path.of(name).relativize(inTree)).orElse(inTree).toString();
    return JsonNodeFactory.instance
        .objectNode()
        .put("file", file)
        .put("vm", vm.orElse(null))
        .put("pid", mapping.process().processId())
        .put("command", mapping.process().command());
  }
}
