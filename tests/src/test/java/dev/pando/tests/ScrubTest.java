package dev.pando.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.pando.testing.Patience;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** A scrub finds a bit that changed on the host's disk, and says whose it is. */
class ScrubTest {
  private static final int BLOCK = 4096;
  private static final long MARK = 0x70616e646f2d6d61L;

  /** A disk whose every block says which it is. */
  private static void write(Path disk, int blocks) throws IOException {
    byte[] content = new byte[blocks * BLOCK];
    for (int block = 0; block < blocks; block++) {
      Arrays.fill(content, block * BLOCK, (block + 1) * BLOCK, (byte) (1 + block % 250));
      ByteBuffer.wrap(content, block * BLOCK, 16).putLong(MARK).putLong(block);
    }
    Files.write(disk, content);
  }

  /** Where the store has a block of such a disk. */
  private static long find(Path segment, long block) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(segment.toFile(), "r")) {
      for (long at = 0; at < file.length(); at += BLOCK) {
        file.seek(at);
        if (file.readLong() == MARK && file.readLong() == block) {
          return at;
        }
      }
    }
    throw new AssertionError("block " + block + " is not in " + segment);
  }

  private static JsonNode verified(MountedStore store) throws Exception {
    AtomicReference<JsonNode> report = new AtomicReference<>();
    Patience.await(
        "all is verified",
        () -> {
          report.set(store.json("scrub"));
          return report.get().path("pendingBytes").asLong() == 0;
        });
    return report.get();
  }

  @Test
  void aFlippedBitIsFoundAndItsVmsAreNamed() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      Files.createDirectory(store.at("base"));
      write(store.at("base/base.img"), 1024);
      store.pando("freeze", "base").succeeded();
      store.pando("clone", "base", "a").succeeded();
      JsonNode sound = verified(store);
      assertTrue(sound.path("verifiedBytes").asLong() >= 1024 * BLOCK, sound::toString);
      assertEquals(0, sound.path("damages").size());
      store.pando("thaw", "base").succeeded();
      Path segment = store.store().resolve("segments/00000000");
      long at = find(segment, 700);
      try (RandomAccessFile file = new RandomAccessFile(segment.toFile(), "rw")) {
        file.seek(at + 99);
        int old = file.read();
        file.seek(at + 99);
        file.write(old ^ 4);
      }
      Outcome found = store.pando("scrub", "--json");
      assertEquals(1, found.exitCode(), found::toString);
      Set<String> vms = new TreeSet<>();
      for (JsonNode damage : new ObjectMapper().readTree(found.out()).path("damages")) {
        vms.add(damage.path("vm").asText() + " " + damage.path("file").asText());
        assertEquals(700 * BLOCK, damage.path("offsetBytes").asLong());
        assertEquals(BLOCK, damage.path("lengthBytes").asLong());
        assertEquals("changed", damage.path("kind").asText());
      }
      assertEquals(Set.of("base base.img", "base@1 base.img", "a a.img"), vms);
      String text = store.pando("scrub").out();
      assertTrue(
          text.contains("damaged: a: a.img, 4.00 KiB at 2867200, does not have its checksum"),
          text);
    }
  }

  @Test
  void aSegmentFileThatIsCutShortIsToldOfAndWhatItLostIsAnError() throws Exception {
    try (MountedStore store = MountedStore.mounted()) {
      Files.createDirectory(store.at("a"));
      write(store.at("a/a.img"), 1024);
      assertEquals(0, store.status().path("losses").size());
      assertEquals(0, store.status().path("damagedTrees").asInt(-1));
      store.umount();
      Path segment = store.store().resolve("segments/00000000");
      long at = find(segment, 700);
      try (RandomAccessFile file = new RandomAccessFile(segment.toFile(), "rw")) {
        file.setLength(at);
      }
      store.mount();
      JsonNode status = store.status();
      assertEquals(1, status.path("losses").size(), status::toString);
      String loss = status.path("losses").path(0).asText();
      assertTrue(loss.startsWith("segment file 00000000 is cut short"), loss);
      String screen = store.pando("status").succeeded().out();
      assertTrue(screen.contains(loss), screen);
      String log = Files.readString(Path.of(status.path("log").asText()));
      assertTrue(log.contains(loss), log);
      try (RandomAccessFile disk = new RandomAccessFile(store.at("a/a.img").toFile(), "r")) {
        byte[] block = new byte[BLOCK];
        disk.readFully(block);
        disk.seek(1023L * BLOCK);
        IOException lost = assertThrows(IOException.class, () -> disk.readFully(block));
        assertTrue(lost.getMessage().contains("Input/output error"), lost::toString);
      }
      Outcome found = store.pando("scrub");
      assertEquals(1, found.exitCode(), found::toString);
      assertTrue(found.out().contains("a.img"), found.out());
    }
  }
}
