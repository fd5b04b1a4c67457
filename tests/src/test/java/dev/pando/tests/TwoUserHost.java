package dev.pando.tests;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pando.daemon.host.ProcessFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A host on which two users are known and may use FUSE: a mount name space of its own, with an
 * {@code /etc/passwd}, an {@code /etc/fuse.conf} and a {@code /dev/fuse} that nobody else sees. Its
 * disk is a tmpfs on {@link #HOME}, where {@code ann} and {@code bob} have directories of their own
 * and all may write to {@code tmp}. When it is closed all its processes are killed, and it is gone
 * with all that is mounted in it.
 */
final class TwoUserHost implements AutoCloseable {
  static final Path HOME = Path.of("/mnt");

  static final User ROOT = new User("root", 0);
  static final User ANN = new User("ann", 61001);
  static final User BOB = new User("bob", 61002);

  private static final Path CHECKOUT = HOME.resolve("checkout");

  private static final String SET_UP =
      """
      set -e
      mount -t tmpfs -o mode=755 none /mnt
      mkdir /mnt/etc /mnt/checkout /mnt/root
      mkdir -m 1777 /mnt/tmp
      mount --bind "$1" /mnt/checkout
      cp /etc/passwd /mnt/etc
      for user in ann:61001 bob:61002; do
        echo "$user" | sed 's/\\(.*\\):\\(.*\\)/\\1:x:\\2:\\2::\\/mnt\\/\\1:\\/bin\\/sh/' >>/mnt/etc/passwd
        install -d -m 755 -o ${user#*:} -g ${user#*:} /mnt/${user%:*}
      done
      : >/mnt/etc/fuse.conf
      mknod -m 666 /mnt/etc/fuse c 10 229
      mount --bind /mnt/etc/passwd /etc/passwd
      mount --bind /mnt/etc/fuse.conf /etc/fuse.conf
      mount --bind /mnt/etc/fuse /dev/fuse
      mount -t fusectl none /sys/fs/fuse/connections
      echo ready
      exec sleep infinity
      """;

  private final Process holder;

  private TwoUserHost(Process holder) {
    this.holder = holder;
  }

  /** A user of this host, who is in the group of the same number. */
  record User(String name, int uid) {
    Path home() {
      return HOME.resolve(name);
    }
  }

  static TwoUserHost open() throws IOException {
    Process holder =
        new ProcessBuilder("unshare", "-m", "bash", "-c", SET_UP, "bash", Pando.CHECKOUT.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String line = holder.inputReader(UTF_8).readLine();
    if (!"ready".equals(line)) {
      holder.destroyForcibly();
      throw new AssertionError("the host can not be set up: " + line);
    }
    return new TwoUserHost(holder);
  }

  /** A shell script of a user in his home, with arguments as {@code $1}, {@code $2}, ... */
  Program shell(User user, String script, Object... arguments) {
    return shell(user, List.of("--clear-groups"), script, arguments);
  }

  /** The same, for a user who is in another group too. */
  Program shellInGroup(User user, int group, String script, Object... arguments) {
    return shell(user, List.of("--groups", Integer.toString(group)), script, arguments);
  }

  private Program shell(User user, List<String> groups, String script, Object... arguments) {
    List<String> command = new ArrayList<>();
    command.addAll(List.of("nsenter", "-t", Long.toString(holder.pid()), "-m", "setpriv"));
    String number = Integer.toString(user.uid());
    command.addAll(List.of("--reuid", number, "--regid", number));
    command.addAll(groups);
    command.addAll(List.of("env", "-i", "--chdir=" + user.home()));
    command.addAll(
        List.of(
            "PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
            "HOME=" + user.home(),
            "JAVA_HOME=" + System.getProperty("java.home"),
            "PANDO_JARS=" + CHECKOUT.resolve("cli/target/lib"),
            "PANDO_RUN=" + user.home().resolve("run"),
            "pando=" + CHECKOUT.resolve("cli/bin/pando")));
    command.addAll(List.of("bash", "-c", script, "bash"));
    for (Object argument : arguments) {
      command.add(argument.toString());
    }
    return Program.of(command);
  }

  /** Runs a command of Pando's as a user, in his home. */
  Outcome pando(User user, String... arguments) throws IOException {
    return shell(user, "exec \"$pando\" \"$@\"", (Object[]) arguments).run();
  }

  /** What a script of a user prints; it must succeed. */
  String printed(User user, String script, Object... arguments) throws IOException {
    return shell(user, script, arguments).run().succeeded().out().strip();
  }

  /** What a script of a user complains of; it must fail. */
  String complaint(User user, String script, Object... arguments) throws IOException {
    Outcome outcome = shell(user, script, arguments).run();
    if (outcome.exitCode() == 0) {
      throw new AssertionError("this was to fail: " + outcome);
    }
    return outcome.err().strip();
  }

  /** Whether anything is mounted at a path of this host. */
  boolean isMounted(Path path) throws IOException {
    return Files.readString(Path.of("/proc/" + holder.pid() + "/mounts"))
        .contains(" " + path + " ");
  }

  /** Ends all daemons and other programs, and takes away what users have in their homes. */
  void clear() throws IOException {
    for (ProcessHandle process : inhabitants()) {
      if (process.pid() != holder.pid()) {
        process.destroyForcibly();
        Daemons.awaitEnd(process);
      }
    }
    shell(
            ROOT,
            """
            grep -o ' /mnt/[abrt][^ ]* fuse[^ ]*' /proc/mounts | while read -r path type; do umount -l $path; done
            : >/mnt/etc/fuse.conf
            chmod 666 /mnt/etc/fuse
            rm -rf /mnt/ann/* /mnt/bob/* /mnt/root/* /mnt/tmp/*
            """)
        .run()
        .succeeded();
  }

  private List<ProcessHandle> inhabitants() throws IOException {
    Optional<Path> space = ProcessFiles.of(holder.pid()).link("ns/mnt");
    List<ProcessHandle> inhabitants = new ArrayList<>();
    for (ProcessFiles process : ProcessFiles.all()) {
      if (space.isPresent() && process.link("ns/mnt").equals(space)) {
        ProcessHandle.of(process.id()).ifPresent(inhabitants::add);
      }
    }
    return inhabitants;
  }

  @Override
  public void close() throws IOException {
    clear();
    holder.destroyForcibly().onExit().join();
  }
}
