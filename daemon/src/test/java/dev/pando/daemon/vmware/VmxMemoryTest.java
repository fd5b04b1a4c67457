package dev.pando.daemon.vmware;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.daemon.memory.Shares;
import dev.pando.daemon.memory.Units;
import dev.pando.daemon.memory.VmMemory;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VmxMemoryTest {
  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static VmMemory read(String text) throws FormatException {
    return VmxMemory.read(VmxDictionary.parse(bytes(text)));
  }

  private static VmMemory memory(long size, long reservation, long limit, Shares shares) {
    long limitBytes = limit < 0 ? VmMemory.UNLIMITED : limit * Units.MIB;
    return new VmMemory(size * Units.MIB, reservation * Units.MIB, limitBytes, shares, 2, false);
  }

  @Test
  void everyKeyIsRead() throws FormatException {
    assertEquals(
        memory(4096, 1024, 2048, Shares.HIGH),
        read(
            """
            memsize = "4096"
            numvcpus = "2"
            sched.mem.min = "1024"
            sched.mem.minSize = "1"
            sched.mem.max = "2048"
            sched.mem.shares = "high"
            """));
    assertEquals(
        memory(512, 256, -1, new Shares(0, 77)),
        read(
            """
            MemSize = "512"
            numvcpus = "2"
            sched.mem.minsize = "256"
            sched.mem.max = "unlimited"
            sched.mem.shares = "77"
            """));
  }

  @Test
  void whatIsNotSaidIsAsVmwareHasIt() throws FormatException {
    assertEquals(VmMemory.plain(32 * Units.MIB, 1), read("displayName = \"x\"\n"));
    assertEquals(VmMemory.UNLIMITED, read("sched.mem.max = \"-1\"\n").limitBytes());
    VmMemory pinned = read("memsize = \"64\"\nsched.mem.pin = \"TRUE\"\n");
    assertEquals(64 * Units.MIB, pinned.reservationBytes());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "memsize = \"-4\"",
        "memsize = \"4 GB\"",
        "memsize = \"99999999999999999999\"",
        "memsize = \"0\"",
        "memsize = \"64\"\nsched.mem.min = \"65\"",
        "memsize = \"64\"\nsched.mem.min = \"32\"\nsched.mem.max = \"31\"",
        "sched.mem.shares = \"lots\"",
        "numvcpus = \"0\"",
        "numvcpus = \"two\"",
        "numvcpus = \"999999999\"",
      })
  void whatCanNotBeIsNoMemory(String text) {
    FormatException e = assertThrows(FormatException.class, () -> read(text + "\n"));
    assertTrue(e.getMessage().matches("(has|gives) .*"), e.getMessage());
  }

  @Test
  void onlyWhatIsDifferentIsWritten() throws FormatException {
    String text = "# mine\r\nmemsize = \"512\"\r\nNumVCPUs=2\r\nsched.mem.shares = \"normal\"\r\n";
    VmMemory before = read(text);
    assertArrayEquals(bytes(text), VmxMemory.write(bytes(text), before).bytes());
    Rewritten changed = VmxMemory.write(bytes(text), memory(1024, 256, 512, Shares.LOW));
    String expected =
        """
        # mine
        memsize = "1024"
        NumVCPUs=2
        sched.mem.shares = "low"
        sched.mem.min = "256"
        sched.mem.minSize = "256"
        sched.mem.max = "512"
        """;
    assertEquals(
        expected.replace("\n", "\r\n"), new String(changed.bytes(), StandardCharsets.UTF_8));
    assertEquals(5, changed.changes().size());
    VmMemory back = memory(1024, 0, -1, Shares.LOW);
    assertEquals(
        back,
        read(new String(VmxMemory.write(changed.bytes(), back).bytes(), StandardCharsets.UTF_8)));
  }
}
