package dev.pando.daemon.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class VmMemoryTest {
  private static VmMemory vm(long size, long reservation, long limit, boolean pinned) {
    return new VmMemory(size * Units.MIB, reservation * Units.MIB, limit, Shares.NORMAL, 2, pinned);
  }

  private static void assertRule(String word, VmMemory memory) {
    String rule = assertThrows(MemoryRuleException.class, memory::checked).getMessage();
    assertTrue(rule.contains(word), rule);
  }

  @Test
  void whatCanNotBeIsRefusedByItsRule() throws MemoryRuleException {
    assertRule("reservation of 2 GiB is more", vm(1024, 2048, VmMemory.UNLIMITED, false));
    assertRule("limit of 256 MiB is less", vm(1024, 512, 256 * Units.MIB, false));
    assertRule("limit of 512 MiB is less", vm(1024, 0, 512 * Units.MIB, true));
    assertRule("at most 1024 TiB, or none", vm(1024, 0, VmMemory.MAX_BYTES + 1, false));
    assertRule("size", vm(0, 0, VmMemory.UNLIMITED, false));
    assertRule("size", vm(1L << 40, 0, VmMemory.UNLIMITED, false));
    VmMemory pinned = vm(1024, 0, VmMemory.UNLIMITED, true).checked();
    assertEquals(1024 * Units.MIB, pinned.reservationBytes());
  }

  @Test
  void settingsOfAHostSurviveTheirBytes() {
    HostSettings settings =
        new HostSettings(OptionalLong.of(1L << 34), OptionalLong.empty(), OverheadRule.INCLUDED);
    assertEquals(settings, HostSettings.decode(settings.encode()));
    assertEquals(HostSettings.NONE, HostSettings.decode(HostSettings.NONE.encode()));
    assertEquals(Units.GIB, settings.host(1).reserveBytes());
    assertEquals(Units.GIB / 4, HostSettings.NONE.host(2 * Units.GIB).reserveBytes());
  }
}
