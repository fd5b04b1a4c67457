package dev.pando.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.Test;

final class SpaceCommandTest {
  @Test
  void barsHaveOneScaleAndTheCapacityHasNone() {
    ObjectNode space =
        Json.object()
            .put("logicalBytes", 6L << 30)
            .put("storedBytes", 3L << 30)
            .put("savedByDedupeBytes", 0)
            .put("capacityBytes", 900L << 30);
    assertEquals(
        """
        WHAT                                        SIZE
        logical: what the VMs' files add up to  6.00 GiB  ##############################
        stored: data on the host's disk         3.00 GiB  ###############
        saved by dedupe                              0 B
        capacity                                 900 GiB
        """,
        SpaceCommand.table(space));
  }
}
