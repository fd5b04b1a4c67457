package dev.pando.tests;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The demo's guest with an init of the test's own. */
final class OwnGuest {
  private static final int MAKING_SECONDS = 300;

  private OwnGuest() {}

  /** Makes it on the host; returns its directory, with {@code guest-flat.vmdk} in it. */
  static Path make(MountedStore store, String initScript) throws IOException {
    Path host = store.work().resolve("guest");
    Path init = store.work().resolve("init");
    Files.writeString(init, initScript, UTF_8);
    Program.shell(
            """
            set -e
            "$1/cli/demo/make-guest" "$2" guest
            debugfs -w "$2/guest-flat.vmdk" -f - <<SCRIPT
            rm /sbin/init
            write $3 /sbin/init
            set_inode_field /sbin/init mode 0100755
            SCRIPT
            """,
            Pando.CHECKOUT,
            host,
            init)
        .within(MAKING_SECONDS)
        .run()
        .succeeded();
    return host;
  }
}
