package dev.pando.daemon.fuse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.daemon.fuse.MountException.Reason;
import org.junit.jupiter.api.Test;

class MountOptionsTest {
  @Test
  void nothingSaidIsTheDefault() throws MountException {
    assertEquals(MountOptions.DEFAULT, MountOptions.parse("", true));
    assertEquals(MountOptions.DEFAULT, MountOptions.parse("allow_other,default_permissions", true));
    assertTrue(MountOptions.DEFAULT.allowOther());
  }

  @Test
  void eachOptionIsTaken() throws MountException {
    MountOptions options = MountOptions.parse("ro, noatime,allow_root", true);
    assertTrue(options.readOnly());
    assertTrue(options.noAccessTimes());
    assertFalse(options.allowOther());
  }

  @Test
  void aContextKeepsTheCommasWithinItsQuotes() throws MountException {
    MountOptions options =
        MountOptions.parse("ro,context=\"system_u:object_r:virt_t:s0:c1,c2\"", true);
    assertEquals("system_u:object_r:virt_t:s0:c1,c2", options.securityContext());
    assertTrue(options.readOnly());
  }

  @Test
  void aUsersMountIsHisAloneUnlessHeSaysOtherwise() throws MountException {
    assertFalse(MountOptions.parse("ro", false).allowOther());
    assertTrue(MountOptions.parse("ro,allow_other", false).allowOther());
  }

  @Test
  void allowRootIsRefusedToAUserByName() {
    MountException refused =
        assertThrows(MountException.class, () -> MountOptions.parse("allow_root", false));
    assertEquals(Reason.NOT_PERMITTED, refused.reason());
    assertTrue(refused.getMessage().contains("allow_root"), refused.getMessage());
  }

  @Test
  void anUnknownOptionIsRefusedByName() {
    MountException refused =
        assertThrows(MountException.class, () -> MountOptions.parse("ro,big_writes", true));
    assertEquals(Reason.OPTION, refused.reason());
    assertTrue(refused.getMessage().contains("'big_writes'"), refused.getMessage());
  }
}
