package dev.pando.daemon.vm.making;

import dev.pando.cowstore.CowFile;
import dev.pando.cowstore.StoreException;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.PandoTree;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Directories without a name in which VMs are built, and the files written there: either all of it
 * is durable before it gets a name, or it ends here. Used by one thread.
 */
public final class HiddenFiles implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(HiddenFiles.class);

  private final PandoTree tree;
  private final Set<Long> directories = new LinkedHashSet<>();
  private final List<CowFile> written = new ArrayList<>();

  public HiddenFiles(PandoTree tree) {
    this.tree = tree;
  }

  /** A hidden directory that is to end with this, unless it is {@linkplain #keep kept}. */
  public void add(long directory) {
    directories.add(directory);
  }

  /** Writes into a file of a hidden directory. */
  public void write(long node, long offset, byte[] bytes) throws ErrnoException, StoreException {
    ByteBuffer buffer = ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
    CowFile file = tree.view().file(node);
    if (bytes.length > 0) {
      file.write(offset, buffer);
    }
    written.add(file);
  }

  /** Notes a file that was written by other means. */
  public void written(CowFile file) {
    written.add(file);
  }

  /** Returns when all that was written is durable. */
  public void sync() throws StoreException {
    tree.sync(written);
    written.clear();
  }

  /** A directory has a name now. */
  public void keep(long directory) {
    directories.remove(directory);
  }

  /** Ends what was not kept. */
  @Override
  public void close() {
    for (long directory : directories) {
      try {
        tree.endUnseen(directory);
      } catch (ErrnoException e) {
        // it is on record as an orphan and ends when the store is next opened
        LOG.warn("an unfinished VM could not be cleared away: {}", e.getMessage());
      }
    }
    directories.clear();
  }
}
