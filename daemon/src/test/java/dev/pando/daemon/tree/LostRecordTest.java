package dev.pando.daemon.tree;

import static dev.pando.daemon.tree.TreeBench.assertErrno;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.pando.cowstore.catalog.Catalog;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a damaged catalog has lost is an error to who asks for it, not a file that never was. */
class LostRecordTest {
  @TempDir Path directory;
  private long lost;

  @BeforeEach
  void fill() throws Exception {
    TreeBench bench = new TreeBench(directory);
    bench.write("lost", "content");
    bench.write("other", "content");
    lost = bench.node("lost");
    bench.close();
  }

  @Test
  void anEntryWithoutItsInodeIsAnError() throws Exception {
    remove('U', TreeFormat.key(TreeFormat.INODE, lost));
    requireAnErrorForTheLostOneAlone();
  }

  @Test
  void anInodeWithoutItsDataIsAnError() throws Exception {
    remove('F', ByteBuffer.allocate(Long.BYTES).putLong(lost).array());
    requireAnErrorForTheLostOneAlone();
  }

  private void requireAnErrorForTheLostOneAlone() throws Exception {
    TreeBench bench = new TreeBench(directory);
    try {
      assertErrno(Errno.EIO, () -> bench.node("lost"));
      assertErrno(Errno.ENOENT, () -> bench.node("never was"));
      assertEquals("content", bench.read("other"));
    } finally {
      bench.close();
    }
  }

  private void remove(char table, byte[] key) throws Exception {
    try (Catalog catalog = Catalog.open(directory.resolve("catalog"));
        Catalog.Commit commit = catalog.begin()) {
      commit.removeRecord(ByteBuffer.allocate(1 + key.length).put((byte) table).put(key).array());
      commit.commit();
    }
  }
}
