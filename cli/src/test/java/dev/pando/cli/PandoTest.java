package dev.pando.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class PandoTest {
  private static final Mount VMS =
      new Mount(Path.of("/srv/vms"), Path.of("/var/store"), "kernel", 42, "ready");
  private static final Mount LAB =
      new Mount(Path.of("/srv/lab"), Path.of("/var/lab"), "kernel", 43, "ready");

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(Daemons daemons, String preset, String... arguments) {
    CommandLine pando = Pando.commandLine(arguments, daemons, preset);
    pando.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    return pando.execute(arguments);
  }

  @ParameterizedTest
  @CsvSource({
    "list, list {}",
    "show s01, 'show {\"vm\":\"s01\"}'",
    "show /srv/vms/course/s01/, 'show {\"vm\":\"course/s01\"}'",
    "freeze s01/, 'freeze {\"vm\":\"s01\"}'",
    "thaw base, 'thaw {\"vm\":\"base\"}'",
    "remove a b --force, 'remove {\"force\":true,\"vms\":[\"a\",\"b\"]}'",
    "clone base s --count 2, 'clone"
        + " {\"source\":\"base\",\"keepNames\":false,\"names\":[\"s01\",\"s02\"]}'",
    "clone base web --keep-names, 'clone"
        + " {\"source\":\"base\",\"keepNames\":true,\"names\":[\"web\"]}'",
    "space s01, 'space {\"vms\":[\"s01\"]}'",
    "import /etc etc, 'import {\"path\":\"/etc\",\"name\":\"etc\"}'",
  })
  void aCommandAsksTheDaemonOfTheOnlyMount(String line, String request) {
    RecordedDaemon daemon = new RecordedDaemon(VMS);
    assertEquals(0, run(daemon, null, line.split(" ")), err.toString());
    assertEquals(List.of("/srv/vms " + request), daemon.asked());
  }

  @Test
  void aPathSaysWhichMountIsMeant() {
    RecordedDaemon daemon = new RecordedDaemon(LAB, VMS);
    assertEquals(0, run(daemon, "/srv/lab", "freeze", "/srv/vms/base"));
    assertEquals(List.of("/srv/vms freeze {\"vm\":\"base\"}"), daemon.asked());
  }

  @Test
  void theEnvironmentSaysWhichMountIsMeantAndTheOptionOverrulesIt() {
    RecordedDaemon daemon = new RecordedDaemon(LAB, VMS);
    assertEquals(0, run(daemon, "/srv/vms", "list"));
    assertEquals(0, run(daemon, "/srv/vms", "list", "--mount", "/srv/lab"));
    assertEquals(List.of("/srv/vms list {}", "/srv/lab list {}"), daemon.asked());
  }

  @Test
  void severalMountsAndNoChoiceIsWrongUsage() {
    assertEquals(2, run(new RecordedDaemon(LAB, VMS), null, "list"));
    assertTrue(err.toString().contains("--mount"), err.toString());
  }

  @Test
  void noMountAtAllMeansNoDaemon() {
    assertEquals(5, run(new RecordedDaemon(), null, "list"));
    assertEquals(5, run(new RecordedDaemon(VMS), null, "list", "--mount", "/srv/other"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", ".", "..", "a/../b", "./a", "/etc/passwd", "a\u0007b", "/srv/vms", "a//b"})
  void aNameThatCanNotBeOneIsRefusedBeforeTheDaemonIsAsked(String name) {
    RecordedDaemon daemon = new RecordedDaemon(VMS);
    assertEquals(2, run(daemon, null, "clone", "base", name));
    assertEquals(List.of(), daemon.asked());
    assertEquals(1, err.toString().lines().count(), err.toString());
  }

  @Test
  void aRefusalIsTheDaemonsSentenceAndCode() {
    RecordedDaemon daemon =
        new RecordedDaemon(VMS).refusing(ExitCode.REFUSED, "s01 runs; power it off first");
    assertEquals(3, run(daemon, null, "remove", "s01"));
    assertEquals("pando: s01 runs; power it off first\n", err.toString());
    assertEquals("", out.toString());
  }

  @Test
  void withJsonAFailureIsADocumentToo() {
    RecordedDaemon daemon = new RecordedDaemon(VMS).refusing(ExitCode.MISSING, "there is no s01");
    assertEquals(4, run(daemon, null, "show", "s01", "--json"));
    assertEquals("{\"error\":{\"code\":4,\"message\":\"there is no s01\"}}\n", out.toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"frobnicate", "freeze", "list --frob", "clone a b c", "clone a", "", "-x"})
  void wrongUsageIsOneSentenceThatNamesTheHelp(String line) {
    assertEquals(
        2, run(new RecordedDaemon(VMS), null, line.isEmpty() ? new String[0] : line.split(" ")));
    assertEquals(1, err.toString().lines().count(), err.toString());
    assertTrue(
        err.toString().contains("--help") || err.toString().contains("NAME"), err.toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mount", "umount", "status", "list", "show", "import", "clone", "freeze", "thaw", "remove",
        "space", "demo"
      })
  void everyCommandHasHelpWithAnExample(String command) {
    assertEquals(0, run(new RecordedDaemon(), null, command, "--help"));
    assertTrue(out.toString().contains("Example: pando " + command), out.toString());
  }

  @Test
  void aFaultOfOurOwnShowsNoStackTrace() {
    Daemons broken =
        new Daemons() {
          @Override
          public List<Mount> mounts() {
            throw new IllegalStateException("broken\nin two");
          }

          @Override
          public com.fasterxml.jackson.databind.JsonNode call(
              Mount mount, String method, com.fasterxml.jackson.databind.node.ObjectNode given) {
            throw new IllegalStateException();
          }
        };
    assertEquals(1, run(broken, null, "list"));
    assertEquals(1, err.toString().lines().count(), err.toString());
    assertFalse(err.toString().contains("\tat "), err.toString());
  }

  @Test
  void vmsAreListedWithTheirParentsAndSizes() {
    RecordedDaemon daemon = new RecordedDaemon(VMS);
    var list = Json.object();
    var vms = list.putArray("vms");
    vms.addObject()
        .put("name", "base")
        .put("kind", "template")
        .put("generation", 2)
        .put("logicalBytes", 268435456)
        .put("privateBytes", 0)
        .put("sharedBytes", 268435456);
    var clone =
        vms.addObject()
            .put("name", "s01")
            .put("kind", "linked-clone")
            .put("running", true)
            .put("logicalBytes", 268435456)
            .put("privateBytes", 4096)
            .put("sharedBytes", 1024);
    clone.putObject("parent").put("name", "base").put("generation", 2).put("deleted", false);
    clone.putArray("runningBy").addObject().put("pid", 7).put("command", "qemu");
    assertEquals(0, run(daemon.answering(list), null, "list"));
    assertEquals(
        """
        NAME  KIND          PARENT     SIZE       OWN    SHARED  RUNNING
        base  template @2   -       256 MiB       0 B   256 MiB  -
        s01   linked clone  base@2  256 MiB  4.00 KiB  1.00 KiB  qemu (7)
        """,
        out.toString());
  }
}
