package dev.pando.daemon;

import dev.pando.cowstore.CowStore;
import dev.pando.cowstore.StoreException;
import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.fuse.MountException;
import dev.pando.daemon.fuse.kernel.Takeover;

/** Whether a daemon of this program could take a mount over, while another serves it. */
final class Trial {
  private Trial() {}

  /**
   * Tries it: that this program runs has been shown by then.
   *
   * @throws ControlException why it could not
   */
  static void run(DaemonArguments wanted) throws ControlException {
    try {
      Takeover.check(wanted.trial().orElseThrow());
      CowStore.checkFormat(wanted.store());
    } catch (MountException e) {
      throw Refusals.of(e);
    } catch (StoreException e) {
      throw Refusals.of(e);
    }
  }
}
