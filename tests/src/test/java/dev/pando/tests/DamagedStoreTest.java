package dev.pando.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;

/** Whatever has happened to the store's catalog, who mounts or checks it gets a sentence. */
class DamagedStoreTest {
  private static final int DISK_MEBIBYTES = 4;
  private static final int PAGE = 4096;
  private static final int MOST_PAGES = 500;

  /** Where a page of LMDB says what it is, and where its first entry is. */
  private static final int KIND = 10;

  private static final int LEAF = 2;
  private static final int FIRST_ENTRY = 16;
  private static final int KEY_BYTES = 6;

  @Test
  void aCatalogThatWouldKillItsReaderIsRefusedAndCheckedWithASentence() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      store.template("base", DISK_MEBIBYTES);
      store.umount();
      Path data = store.store().resolve("catalog/data.mdb");
      lengthenKeys(data);
      requireSentences(store, "the daemon died of what it read in the store");
      try (RandomAccessFile file = new RandomAccessFile(data.toFile(), "rw")) {
        file.setLength(5 * PAGE);
      }
      requireSentences(store, "the catalog is damaged: its file has 20480 bytes");
      try (RandomAccessFile file = new RandomAccessFile(data.toFile(), "rw")) {
        file.setLength(100);
      }
      requireSentences(store, "the catalog is damaged: its file is cut short at 100 bytes");
    }
  }

  private static void requireSentences(MountedStore store, String words) throws Exception {
    String refusal =
        store
            .pando("mount", store.store().toString(), store.mountpoint().toString())
            .refusedWith(1);
    assertTrue(refusal.contains(words), refusal);
    Outcome check = store.pando("check", store.store().toString());
    assertEquals(1, check.exitCode(), check::toString);
    assertTrue(check.out().contains("damaged: the catalog"), check::toString);
    assertFalse(check.out().contains("#"), check::toString);
  }

  /** Makes the first key of every leaf reach out of its page: LMDB ends its process over that. */
  private static void lengthenKeys(Path data) throws Exception {
    try (FileChannel file =
        FileChannel.open(data, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      for (long page = 2; page < Math.min(MOST_PAGES, file.size() / PAGE); page++) {
        ByteBuffer bytes = ByteBuffer.allocate(PAGE).order(ByteOrder.LITTLE_ENDIAN);
        file.read(bytes, page * PAGE);
        int entry = bytes.getShort(FIRST_ENTRY);
        if (bytes.getShort(KIND) == LEAF && entry > FIRST_ENTRY && entry < PAGE - KEY_BYTES - 2) {
          int at = entry + KEY_BYTES;
          bytes.putShort(at, (short) (bytes.getShort(at) ^ 0x2000));
          file.write(bytes.rewind(), page * PAGE);
        }
      }
    }
  }
}
