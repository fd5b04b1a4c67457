package dev.pando.daemon.vm;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.vm.making.Identities;
import dev.pando.daemon.vmware.Identity;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IdentitiesTest {
  private static final int COMMANDS = 20;
  private static final int CLONES = 1000;

  /** Each command asks anew, some after a restart; every adapter of every machine counts. */
  @Test
  void noAddressIsGivenTwiceToTwentyThousandMachinesOfTenAdapters(@TempDir Path directory)
      throws Exception {
    try (MachineBench bench = new MachineBench(directory)) {
      Set<String> addresses = new HashSet<>();
      for (int command = 0; command < COMMANDS; command++) {
        List<Identity> identities = new Identities(bench.tree().tree().view()).next(CLONES);
        bench
            .tree()
            .tree()
            .<Void, ErrnoException>edit(
                edit -> {
                  identities.forEach(identity -> Identities.record(edit, identity.uuid(), 1));
                  return null;
                });
        for (Identity identity : identities) {
          for (int adapter = 0; adapter < Identity.MAX_ADAPTERS; adapter++) {
            String mac = identity.uuid().generatedMac(adapter * Identity.ADAPTER_STEP);
            assertTrue(addresses.add(mac), mac + " was given twice");
          }
        }
        if (command % 5 == 4) {
          bench.reopen();
        }
      }
    }
  }
}
