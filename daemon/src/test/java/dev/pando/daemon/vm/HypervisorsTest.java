package dev.pando.daemon.vm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.pando.daemon.tree.Opener;
import dev.pando.daemon.vm.running.Hypervisors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HypervisorsTest {
  /** By the names that the kernel keeps, which it cuts after 15 characters. */
  @ParameterizedTest
  @CsvSource({
    "qemu-system-x86, true",
    "qemu-system-aar, true",
    "qemu-kvm, true",
    "vmware-vmx, true",
    "cloud-hyperviso, true",
    "firecracker, true",
    "qemu-img, false",
    "qemu-storage-da, false",
    "qemu-nbd, false",
    "cp, false",
    "mke2fs, false",
    "cloud-hypervis, false",
    "'', false",
  })
  void theUsualOnesAreKnownAndToolsAreNot(String command, boolean isOne) {
    Hypervisors usual = Hypervisors.parse(Hypervisors.USUAL);
    assertEquals(isOne, usual.isOne(new Opener(0, command)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a,,b", "*", "a b", "a/b", "--x;y"})
  void whatIsNoNameIsRefused(String names) {
    assertThrows(IllegalArgumentException.class, () -> Hypervisors.parse(names));
  }
}
