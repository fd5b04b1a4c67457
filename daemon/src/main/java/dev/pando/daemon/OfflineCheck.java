package dev.pando.daemon;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.pando.cowstore.CheckReport;
import dev.pando.cowstore.CowStore;
import dev.pando.cowstore.StoreException;
import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.ExitStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.LoggerFactory;

/** Checks a store that no daemon has, in this process. */
public final class OfflineCheck {
  private OfflineCheck() {}

  /**
   * Checks the store in {@code directory}; nothing is logged.
   *
   * @param repair puts right what follows from the maps, unless those are damaged
   */
  public static CheckReport of(Path directory, boolean repair) throws ControlException {
    if (!Files.isDirectory(directory)) {
      throw new ControlException(ExitStatus.MISSING, "there is no store in " + directory);
    }
    if (LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME) instanceof Logger root) {
      root.setLevel(Level.OFF);
    }
    try {
      NativeLibraries unpacked = NativeLibraries.loadingFrom(Files.createTempDirectory("pando-"));
      try {
        return CowStore.check(directory, repair);
      } finally {
        unpacked.close();
      }
    } catch (StoreException e) {
      throw Refusals.of(e);
    } catch (IOException e) {
      throw new ControlException(ExitStatus.FAILED, "the check failed: " + e.getMessage());
    }
  }
}
