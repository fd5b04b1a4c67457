package dev.pando.cowstore;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.pando.cowstore.segment.Block;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Neighbours become one run, but in one segment only. */
final class ExtentsTest {
  private static final long BOUNDARY = Block.address(1, 0);

  private final Extents extents = new Extents();

  private List<String> all() {
    List<String> all = new ArrayList<>();
    for (int i = 0; i < extents.size(); i++) {
      all.add(extents.slot(i) + "+" + extents.count(i) + "@" + extents.address(i));
    }
    return all;
  }

  @Test
  void neighboursBecomeOneRun() {
    extents.add(3, 1, 100);
    extents.add(4, 2, 101);
    extents.add(6, 1, 0);
    extents.add(7, 1, 0);
    extents.add(8, 1, 1);
    extents.add(10, 1, 2);
    assertEquals(List.of("3+3@100", "6+2@0", "8+1@1", "10+1@2"), all());
  }

  @Test
  void noRunGoesPastTheEndOfASegment() {
    extents.add(0, 2, BOUNDARY - 2);
    extents.add(2, 2, BOUNDARY);
    assertEquals(List.of("0+2@" + (BOUNDARY - 2), "2+2@" + BOUNDARY), all());
  }

  @Test
  void aRunOverTwoSegmentsThatWasWrittenEarlierIsReadAsTwo() {
    ByteBuffer record = ByteBuffer.allocate(64);
    record.putInt(1).putShort((short) 5).putShort((short) 4).putLong(BOUNDARY - 3).flip();
    extents.read(record);
    assertEquals(List.of("5+3@" + (BOUNDARY - 3), "8+1@" + BOUNDARY), all());
  }
}
