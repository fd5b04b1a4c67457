package dev.pando.daemon.fuse.jnr;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.daemon.fuse.MountOptions;
import java.util.List;
import org.junit.jupiter.api.Test;

class LibFuseOptionsTest {
  private static List<String> told(String options) throws Exception {
    return List.of(LibFuseOptions.of(MountOptions.parse(options, true)).split(","));
  }

  @Test
  void whatIsAskedForIsTold() throws Exception {
    assertTrue(told("").containsAll(List.of("allow_other", "default_permissions", "big_writes")));
    assertFalse(told("").contains("ro"));
    assertTrue(told("ro,noatime").containsAll(List.of("ro", "noatime")));
    assertFalse(told("allow_root").contains("allow_other"));
  }

  @Test
  void nothingIsCached() throws Exception {
    assertTrue(
        told("").containsAll(List.of("entry_timeout=0", "attr_timeout=0", "negative_timeout=0")));
  }

  @Test
  void aCommaInAContextIsNoEndOfIt() throws Exception {
    String options = LibFuseOptions.of(MountOptions.parse("context=\"a:b:c0,c1\"", true));
    assertEquals(
        "context=\"a:b:c0\\,c1\"", options.substring(options.indexOf("context=")), options);
  }
}
