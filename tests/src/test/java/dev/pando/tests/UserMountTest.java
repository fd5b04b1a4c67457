package dev.pando.tests;

import static dev.pando.tests.TwoUserHost.ANN;
import static dev.pando.tests.TwoUserHost.BOB;
import static dev.pando.tests.TwoUserHost.ROOT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Ann, who is not root, mounts a store of her own; Bob, who is not either, is kept out of it. */
class UserMountTest {
  private static final Path MOUNT = ANN.home().resolve("mnt");
  private static final Path STORE = ANN.home().resolve("store");

  private static TwoUserHost host;

  @BeforeAll
  static void open() throws Exception {
    host = TwoUserHost.open();
  }

  @AfterAll
  static void close() throws Exception {
    host.close();
  }

  @BeforeEach
  void makeMountPoint() throws Exception {
    host.printed(ANN, "mkdir mnt");
  }

  @AfterEach
  void clear() throws Exception {
    host.clear();
  }

  private static Outcome mount(String... options) throws Exception {
    return host.shell(ANN, "exec \"$pando\" mount store mnt \"$@\"", (Object[]) options).run();
  }

  private static void awaitEndOf(String pid) throws Exception {
    Optional<ProcessHandle> process = ProcessHandle.of(Long.parseLong(pid));
    if (process.isPresent()) {
      Daemons.awaitEnd(process.get());
    }
  }

  /** The process of Ann's daemon. */
  private static String daemon() throws Exception {
    return host.printed(ANN, "\"$pando\" status --json | jq .mounts[0].pid");
  }

  private static boolean runs(String pid) throws Exception {
    Optional<ProcessHandle> process = ProcessHandle.of(Long.parseLong(pid));
    return process.isPresent() && Daemons.runs(process.get());
  }

  // ---- the mount and its owner

  @Test
  void aUserMountsAndUnmountsAStoreOfHerOwn() throws Exception {
    mount().succeeded();
    mount().succeeded();
    assertEquals("61001:61001 755", host.printed(ANN, "stat -c '%u:%g %a' mnt"));
    assertEquals("61001 700", host.printed(ANN, "stat -c '%u %a' store"));
    String options = host.printed(ANN, "grep ' /mnt/ann/mnt ' /proc/self/mountinfo");
    for (String wanted : new String[] {"nosuid", "nodev", "default_permissions", "fuse.pando"}) {
      assertTrue(options.contains(wanted), options);
    }
    assertFalse(options.contains("allow_other"), options);
    host.printed(ANN, "echo kept >mnt/note");
    String daemon = daemon();
    host.pando(ANN, "umount", "mnt").succeeded();
    assertFalse(runs(daemon));
    host.pando(ANN, "umount", "mnt").succeeded();
    mount("-o", "ro,noatime").succeeded();
    assertEquals("kept", host.printed(ANN, "cat mnt/note"));
    assertTrue(host.complaint(ANN, "echo more >mnt/note").contains("Read-only"));
    String flags = host.printed(ANN, "grep ' /mnt/ann/mnt ' /proc/self/mountinfo");
    assertTrue(flags.contains("ro,nosuid,nodev,noatime"), flags);
  }

  @Test
  void aUserRunsWholeVms() throws Exception {
    mount().succeeded();
    host.printed(
        ANN, "mkdir vm && truncate -s 4M vm/vm.img && echo disk | dd of=vm/vm.img conv=notrunc");
    host.pando(ANN, "import", "vm").succeeded();
    host.pando(ANN, "freeze", "vm").succeeded();
    host.pando(ANN, "clone", "vm", "c").succeeded();
    assertEquals("disk", host.printed(ANN, "head -n 1 mnt/c/c.img"));
    assertEquals("61001", host.printed(ANN, "echo mine >mnt/c/c.img && stat -c %u mnt/c/c.img"));
    assertTrue(host.complaint(ANN, "echo mine >mnt/vm/vm.img").contains("Read-only"));
  }

  @Test
  void theJnrFuseTransportMountsForAUserToo() throws Exception {
    mount("--transport", "jnr-fuse").succeeded();
    host.printed(ANN, "echo kept >mnt/note");
    assertTrue(host.complaint(BOB, "ls /mnt/ann/mnt").contains("Permission denied"));
    String daemon = daemon();
    host.pando(ANN, "umount", "mnt").succeeded();
    assertFalse(runs(daemon));
    assertFalse(host.isMounted(MOUNT));
    mount("--transport", "jnr-fuse", "-o", "allow_other").refusedWith(3);
    mount("--transport", "kernel").succeeded();
    assertEquals("kept", host.printed(ANN, "cat mnt/note"));
  }

  @Test
  void aDaemonHasTheDescriptorsItMayHave() throws Exception {
    String limits =
        host.printed(
            ANN,
            "ulimit -Sn 256 && ulimit -Hn 1024 && \"$pando\" mount store mnt && grep 'open files'"
                + " /proc/$(\"$pando\" status --json | jq .mounts[0].pid)/limits");
    assertTrue(limits.matches("(?s).*1024 +1024 +files.*"), limits);
    host.printed(ANN, "for i in $(seq 300); do echo $i >mnt/$i; done; cat mnt/* | wc -l");
  }

  // ---- others

  @Test
  void nobodyElseReachesItsFilesItsStoreOrItsDaemon() throws Exception {
    mount().succeeded();
    host.printed(ANN, "echo secret >mnt/note && chmod 666 mnt/note");
    for (TwoUserHost.User other : new TwoUserHost.User[] {BOB, ROOT}) {
      assertTrue(host.complaint(other, "cat /mnt/ann/mnt/note").contains("Permission denied"));
      assertTrue(host.complaint(other, "ls /mnt/ann/mnt").contains("Permission denied"));
    }
    assertTrue(host.complaint(BOB, "ls /mnt/ann/store").contains("Permission denied"));
    assertTrue(host.complaint(BOB, "ls /mnt/ann/run").contains("Permission denied"));
    assertEquals("nothing is mounted", host.printed(BOB, "\"$pando\" status"));
    host.pando(BOB, "list").refusedWith(5);
    host.pando(BOB, "list", "--mount", MOUNT.toString()).refusedWith(5);
    host.pando(ROOT, "list", "--mount", MOUNT.toString()).refusedWith(5);
    // not even with her own words
    host.shell(BOB, "PANDO_RUN=/mnt/ann/run exec \"$pando\" list").run().refusedWith(5);
  }

  @Test
  void anotherUsersStoreIsRefused() throws Exception {
    mount().succeeded();
    host.pando(ANN, "umount", "mnt").succeeded();
    host.printed(BOB, "mkdir mnt");
    host.printed(ROOT, "mkdir mnt");
    for (TwoUserHost.User other : new TwoUserHost.User[] {BOB, ROOT}) {
      String sentence = host.pando(other, "mount", STORE.toString(), "mnt").refusedWith(3);
      assertTrue(sentence.contains("belongs to user 61001"), sentence);
    }
    host.printed(ANN, "chmod 755 store");
    host.pando(BOB, "mount", STORE.toString(), "mnt").refusedWith(3);
    assertEquals("", host.printed(ROOT, "find /mnt/ann/store -not -user 61001"));
  }

  @Test
  void anotherUserCanNeitherUnmountItNorMountOverIt() throws Exception {
    mount().succeeded();
    String sentence = host.pando(BOB, "umount", MOUNT.toString()).refusedWith(3);
    assertTrue(sentence.contains("user 61001"), sentence);
    host.pando(BOB, "umount", "--force", MOUNT.toString()).refusedWith(3);
    host.pando(BOB, "mount", "store", MOUNT.toString()).refusedWith(3);
    host.pando(ROOT, "mount", "store", MOUNT.toString()).refusedWith(3);
    host.printed(ANN, "ls mnt && \"$pando\" list");
  }

  @Test
  void rootUnmountsItAndTheStoreIsClosed() throws Exception {
    mount().succeeded();
    host.printed(ANN, "echo kept >mnt/note");
    String daemon = daemon();
    host.shell(ANN, "exec sleep 100 3<mnt/note").start();
    host.printed(ROOT, "until ls -l /proc/*/fd 2>&- | grep -q /mnt/ann/mnt/note; do :; done");
    String sentence = host.pando(ROOT, "umount", MOUNT.toString()).refusedWith(3);
    assertTrue(sentence.contains("sleep (pid "), sentence);
    assertTrue(runs(daemon));
    host.pando(ROOT, "umount", "--force", MOUNT.toString()).succeeded();
    assertFalse(runs(daemon));
    mount().succeeded();
    assertEquals("kept", host.printed(ANN, "cat mnt/note"));
    daemon = daemon();
    host.pando(ROOT, "umount", MOUNT.toString()).succeeded();
    assertFalse(runs(daemon));
    assertFalse(host.isMounted(MOUNT));
  }

  // ---- ends

  @Test
  void umountOfABusyMountNamesWhoKeepsItBusyAndForceEndsIt() throws Exception {
    mount().succeeded();
    String daemon = daemon();
    host.shell(ANN, "cd mnt && exec sleep 100").start();
    host.printed(ROOT, "until ls -l /proc/*/cwd 2>&- | grep -q /mnt/ann/mnt; do :; done");
    String sentence = host.pando(ANN, "umount", "mnt").refusedWith(3);
    assertTrue(sentence.contains("sleep (pid "), sentence);
    host.pando(ANN, "umount", "--force", "mnt").succeeded();
    assertFalse(runs(daemon));
    assertFalse(host.isMounted(MOUNT));
  }

  @Test
  void whereNothingCanBeAbortedForceSaysWhatIsLeft() throws Exception {
    mount().succeeded();
    host.printed(ROOT, "umount /sys/fs/fuse/connections");
    try {
      host.shell(ANN, "cd mnt && exec sleep 100").start();
      host.printed(ROOT, "until ls -l /proc/*/cwd 2>&- | grep -q /mnt/ann/mnt; do :; done");
      String sentence = host.pando(ANN, "umount", "--force", "mnt").refusedWith(1);
      assertTrue(sentence.contains("/sys/fs/fuse/connections"), sentence);
      assertFalse(host.isMounted(MOUNT));
    } finally {
      host.printed(ROOT, "mount -t fusectl none /sys/fs/fuse/connections");
    }
  }

  @Test
  void terminationUnmounts() throws Exception {
    mount().succeeded();
    String daemon = daemon();
    host.printed(ANN, "echo kept >mnt/note && kill $1", daemon);
    awaitEndOf(daemon);
    assertFalse(host.isMounted(MOUNT));
    mount().succeeded();
    assertEquals("kept", host.printed(ANN, "cat mnt/note"));
  }

  @Test
  void theMountOutlivesItsDaemon() throws Exception {
    mount().succeeded();
    String daemon = daemon();
    assertEquals(
        "kept",
        host.printed(
            ANN,
            "exec 3<>mnt/note; echo kept >&3; rm mnt/note; kill -9 $1; cat /dev/fd/3",
            daemon));
    host.pando(ANN, "restart", "mnt").succeeded();
    host.pando(ANN, "umount", "mnt").succeeded();
    assertFalse(host.isMounted(MOUNT));
  }

  @Test
  void aMountWhoseDaemonWasKilledIsMountedAgain() throws Exception {
    mount().succeeded();
    String daemon = daemon();
    host.printed(
        ANN, "echo kept >mnt/note && kill -9 $(awk '/PPid/{print $2}' /proc/$1/status) $1", daemon);
    awaitEndOf(daemon);
    assertTrue(host.isMounted(MOUNT));
    mount().succeeded();
    assertEquals("kept", host.printed(ANN, "cat mnt/note"));
    assertEquals("1", host.printed(ANN, "grep -c ' /mnt/ann/mnt ' /proc/mounts"));
  }

  // ---- what is refused

  @Test
  void anothersStoreIsRefusedInWords() throws Exception {
    mount().succeeded();
    host.pando(ANN, "umount", "mnt").succeeded();
    host.printed(ANN, "chmod 755 /mnt/ann");
    String sentence = host.pando(BOB, "check", "/mnt/ann/store").refusedWith(1);
    assertTrue(sentence.contains("/mnt/ann/store may not be used by this user"), sentence);
  }

  @Test
  void allowOtherNeedsRootsConsentAndThenPermissionsCount() throws Exception {
    String sentence = mount("-o", "allow_other").refusedWith(3);
    assertTrue(sentence.contains("user_allow_other"), sentence);
    assertEquals("", host.printed(ANN, "ls store 2>&-; ls mnt"));
    host.printed(ROOT, "echo user_allow_other >/etc/fuse.conf");
    mount("-o", "allow_other").succeeded();
    host.printed(
        ANN, "cd mnt && echo all >all && echo own >own && chmod 600 own && mkdir -m 777 drop");
    assertEquals("all", host.printed(BOB, "cat /mnt/ann/mnt/all"));
    assertTrue(host.complaint(BOB, "cat /mnt/ann/mnt/own").contains("Permission denied"));
    assertTrue(host.complaint(BOB, "echo >/mnt/ann/mnt/new").contains("Permission denied"));
    host.printed(BOB, "echo bob >/mnt/ann/mnt/drop/bob");
    host.printed(ROOT, "echo root >/mnt/ann/mnt/drop/root && chmod 600 /mnt/ann/mnt/drop/root");
    assertEquals("61002 0", host.printed(ANN, "stat -c %u mnt/drop/bob mnt/drop/root | xargs"));
    assertTrue(host.complaint(ANN, "cat mnt/drop/root").contains("Permission denied"));
    assertTrue(host.complaint(ANN, "chown 61002 mnt/all").contains("not permitted"));
    assertTrue(host.complaint(ANN, "mknod mnt/null c 1 3").contains("not permitted"));
    assertEquals("61002", host.printed(BOB, "cat /mnt/ann/mnt/all >&-; cp /usr/bin/id . && id -u"));
    host.printed(ANN, "cp /usr/bin/id mnt/id && chmod 4755 mnt/id");
    assertEquals("61002", host.printed(BOB, "/mnt/ann/mnt/id -u"), "no set-user-id in there");
  }

  @Test
  void optionsThatAreRootsAreRefusedByName() throws Exception {
    for (String option : new String[] {"allow_root", "context=\"system_u:object_r:virt_t:s0\""}) {
      String sentence = mount("-o", option).refusedWith(3);
      assertTrue(sentence.contains(option.split("=", 2)[0]), sentence);
    }
    mount("-o", "big_writes").refusedWith(2);
    assertEquals("", host.printed(ANN, "ls store 2>&-; ls mnt"));
  }

  @Test
  void aMountPointThatIsNotOnesOwnIsRefused() throws Exception {
    host.printed(BOB, "mkdir mnt closed && chmod 700 closed");
    host.printed(ROOT, "mkdir -m 1777 /mnt/tmp/sticky");
    for (String point : new String[] {"/mnt/bob/mnt", "/mnt/bob/closed", "/mnt/tmp/sticky"}) {
      String sentence = host.pando(ANN, "mount", "store", point).refusedWith(3);
      assertTrue(sentence.contains("of your own"), sentence);
    }
    assertEquals("", host.printed(ANN, "ls store 2>&-; ls mnt"));
  }

  @Test
  void withoutTheDeviceOrTheProgramItSaysWhatIsMissing() throws Exception {
    host.printed(ROOT, "chmod 600 /mnt/etc/fuse");
    String device = mount().refusedWith(1);
    assertTrue(device.contains("/dev/fuse"), device);
    host.printed(
        ROOT,
        "chmod 666 /mnt/etc/fuse; cd /mnt/tmp; mkdir empty; ln -s /usr/bin/* /bin/* . 2>&-; rm -f"
            + " fusermount*; :");
    String program =
        host.shell(ANN, "PATH=/mnt/tmp exec \"$pando\" mount store mnt").run().refusedWith(1);
    assertTrue(program.contains("package fuse3"), program);
    assertEquals("", host.printed(ANN, "ls store 2>&-; ls mnt"));
  }

  @Test
  void aRuntimeDirectoryOfAnotherUserIsNeitherUsedNorRead() throws Exception {
    mount().succeeded();
    host.printed(BOB, "mkdir -m 777 /mnt/tmp/run && cp /etc/passwd /mnt/tmp/run/1.json");
    String sentence =
        host.shell(ANN, "mkdir m; PANDO_RUN=/mnt/tmp/run exec \"$pando\" mount s m")
            .run()
            .refusedWith(1);
    assertTrue(sentence.contains("belongs to user 61002"), sentence);
    assertEquals(
        "nothing is mounted", host.printed(ANN, "PANDO_RUN=/mnt/tmp/run \"$pando\" status"));
    String open =
        host.shell(ANN, "PANDO_RUN=/mnt/tmp exec \"$pando\" mount s m").run().refusedWith(1);
    assertTrue(open.contains("/mnt/tmp"), open);
    assertEquals("1777", host.printed(ANN, "stat -c %a /mnt/tmp"));
  }

  // ---- import

  @Test
  void whatAUserMayNotReadIsNotImportedAndWhatSheMayIsHers() throws Exception {
    mount().succeeded();
    host.printed(
        BOB,
        """
        mkdir -p vm/deep && cd vm && truncate -s 1M vm.img && chmod 4644 vm.img && echo key >key
        chmod 600 key
        """);
    String file = host.pando(ANN, "import", "/mnt/bob/vm").refusedWith(3);
    assertTrue(file.contains("/mnt/bob/vm/key"), file);
    host.printed(BOB, "rm vm/key && chmod 700 vm/deep");
    String directory = host.pando(ANN, "import", "/mnt/bob/vm").refusedWith(3);
    assertTrue(directory.contains("/mnt/bob/vm/deep"), directory);
    host.printed(BOB, "chmod 755 vm/deep && chmod 700 vm");
    host.pando(ANN, "import", "/mnt/bob/vm").refusedWith(3);
    assertEquals("", host.printed(ANN, "ls mnt"));
    host.printed(BOB, "chmod 755 vm");
    host.pando(ANN, "import", "/mnt/bob/vm").succeeded();
    assertEquals("61001:61001 644", host.printed(ANN, "stat -c '%u:%g %a' mnt/vm/vm.img"));
  }

  // ---- the launcher

  @Test
  void aBuildOfRootsRunsForAUser() throws Exception {
    host.pando(ROOT, "--version").succeeded();
    String before = host.printed(ROOT, "ls -l --time-style=full-iso $PANDO_JARS");
    Outcome version = host.pando(ANN, "--version").succeeded();
    assertTrue(version.out().matches("pando \\S+\n"), version.toString());
    assertEquals("", version.err());
    mount().succeeded();
    assertEquals(before, host.printed(ROOT, "ls -l --time-style=full-iso $PANDO_JARS"));
    String maps = host.printed(ROOT, "cat /proc/$1/maps", daemon());
    assertTrue(maps.contains("/cli/target/lib/daemon-"), "no class data archive is used");
  }

  @Test
  void nativeLibrariesAreUnpackedInADirectoryOfTheUsersAndDoNotStay() throws Exception {
    host.printed(ANN, "JAVA_TOOL_OPTIONS=-Djava.io.tmpdir=/nonexistent \"$pando\" mount store mnt");
    assertEquals("", host.printed(ANN, "find run -name '*.so' -o -name '*.start'"));
  }

  @Test
  void aRuntimeDirectoryFromWhichNoCodeMayRunIsGoodEnough() throws Exception {
    host.printed(ROOT, "mkdir run && mount -t tmpfs -o noexec none run && mkdir mnt");
    try {
      host.shell(
              ROOT,
              "mkdir ../tmp/t; export TMPDIR=/mnt/tmp/t; PANDO_RUN=$PWD/run/pando; export"
                  + " PANDO_RUN; \"$pando\" mount store mnt && \"$pando\" umount mnt")
          .run()
          .succeeded();
    } finally {
      host.printed(ROOT, "umount -l run");
    }
  }

  // ---- users of a mount of root's

  @Test
  void onAMountOfRootsEachUserMayDoWhatPermissionsSay() throws Exception {
    host.printed(ROOT, "mkdir mnt && \"$pando\" mount store mnt");
    host.printed(
        ROOT,
        """
        cd mnt && echo root >root && chmod 640 root && chown 0:71 root
        mkdir -m 1777 sticky && mkdir group && chown 0:71 group && chmod 2775 group
        """);
    String mnt = "/mnt/root/mnt";
    assertTrue(host.complaint(ANN, "cat $1/root", mnt).contains("Permission denied"));
    host.shellInGroup(ANN, 71, "cat $1/root", mnt).run().succeeded();
    assertTrue(host.complaint(ANN, "echo >$1/group/new", mnt).contains("Permission denied"));
    host.shellInGroup(ANN, 71, "umask 027; cd $1/group; echo >new; mkdir sub", mnt)
        .run()
        .succeeded();
    assertEquals(
        "61001:71 640 61001:71 2750",
        host.printed(ROOT, "stat -c '%u:%g %a' $1/group/new $1/group/sub | xargs", mnt));
    host.printed(ANN, "echo ann >$1/sticky/ann && chmod 666 $1/sticky/ann", mnt);
    host.printed(BOB, "echo bob >$1/sticky/ann", mnt);
    assertTrue(host.complaint(BOB, "rm -f $1/sticky/ann", mnt).contains("not permitted"));
    assertTrue(host.complaint(BOB, "mv $1/sticky/ann $1/sticky/b", mnt).contains("not permitted"));
    host.printed(ANN, "rm $1/sticky/ann", mnt);
    // set-group-id is not for whoever is not in the group
    host.shellInGroup(ANN, 71, "chmod 2755 $1/group/new", mnt).run().succeeded();
    host.printed(ANN, "chmod 2755 $1/group/new", mnt);
    assertEquals("755", host.printed(ROOT, "stat -c %a $1/group/new", mnt));
  }
}
