package dev.pando.daemon.vm;

import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.OpenFile;
import dev.pando.daemon.tree.TreeBench;

/** A disk that someone has open for writing. */
record OpenedDisk(OpenFile file) implements AutoCloseable {
  static OpenedDisk of(MachineBench bench, String path) throws ErrnoException {
    return new OpenedDisk(bench.tree().open(path, TreeBench.READ_WRITE));
  }

  void write(long offset, String text) throws ErrnoException {
    TreeBench.write(file, offset, text);
  }

  @Override
  public void close() {
    file.release();
  }
}
