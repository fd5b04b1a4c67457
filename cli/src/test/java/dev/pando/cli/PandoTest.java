package dev.pando.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.daemon.control.ExitStatus;
import dev.pando.daemon.control.MountRegistry;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class PandoTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  @TempDir private Path runtime;
  private AnsweringDaemon vms;

  @BeforeEach
  void mount() throws IOException {
    vms = new AnsweringDaemon(runtime, Path.of("/srv/vms"), ProcessHandle.current());
  }

  @AfterEach
  void umount() throws IOException {
    vms.close();
  }

  private AnsweringDaemon mountLab() throws IOException {
    ProcessHandle parent = ProcessHandle.current().parent().orElseThrow();
    return new AnsweringDaemon(runtime, Path.of("/srv/lab"), parent);
  }

  private int run(String... arguments) {
    return runWith(null, arguments);
  }

  private int runWith(String presetMount, String... arguments) {
    Daemons daemons = new Daemons(new MountRegistry(runtime));
    CommandLine pando = Pando.commandLine(arguments, daemons, presetMount);
    pando.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    return pando.execute(arguments);
  }

  private void assertOneSentence() {
    assertEquals(1, err.toString().lines().count(), err.toString());
    assertTrue(err.toString().startsWith("pando: "), err.toString());
  }

  @ParameterizedTest
  @CsvSource({
    "list, list",
    "show s01, show vm=s01",
    "show /srv/vms/course/s01/, show vm=course/s01",
    "show /srv/vms/x/../s01, show vm=s01",
    "show s01 --xml, xml vm=s01",
    "freeze s01/, freeze vm=s01",
    "thaw base, thaw vm=base",
    "remove a b --force, 'remove vms=[a, b] force'",
    "clone base s --count 2, 'clone source=base names=[s01, s02]'",
    "clone base web --keep-names, 'clone source=base names=[web] keepNames'",
    "clone base@2 web --full, 'clone source=base@2 names=[web] full'",
    "clone /srv/vms/base@2 web --dry-run, 'clone source=base@2 names=[web] dryRun'",
    "remove s --count 3, 'remove vms=[s01, s02, s03]'",
    "rename s01 course/anna, rename vm=s01 name=course/anna",
    "rename /srv/vms/s01 /srv/vms/s02, rename vm=s01 name=s02",
    "identity s01, identity vm=s01",
    "tree, list",
    "power on s01, power-on vm=s01",
    "power on s01 --pid 17, power-on vm=s01 pid=17",
    "power off s01, power-off vm=s01",
    "space s01, space vms=[s01]",
    "import /etc, import path=/etc",
    "import /etc etc, import path=/etc name=etc",
  })
  void aCommandAsksTheDaemonOfTheOnlyMount(String line, String request) {
    assertEquals(0, run(line.split(" ")), err.toString());
    assertEquals(List.of(request), vms.asked());
  }

  @Test
  void aPathSaysWhichMountIsMeant() throws IOException {
    try (AnsweringDaemon lab = mountLab()) {
      assertEquals(0, runWith("/srv/lab", "freeze", "/srv/vms/base"), err.toString());
      assertEquals(List.of("freeze vm=base"), vms.asked());
      assertEquals(List.of(), lab.asked());
    }
  }

  @Test
  void theEnvironmentSaysWhichMountIsMeantAndTheOptionOverrulesIt() throws IOException {
    try (AnsweringDaemon lab = mountLab()) {
      assertEquals(0, runWith("/srv/vms", "list"), err.toString());
      assertEquals(0, runWith("/srv/vms", "space", "--mount", "/srv/lab"), err.toString());
      assertEquals(List.of("list"), vms.asked());
      assertEquals(List.of("space"), lab.asked());
    }
  }

  @Test
  void severalMountsAndNoChoiceIsWrongUsage() throws IOException {
    try (AnsweringDaemon lab = mountLab()) {
      assertEquals(2, run("list"));
      assertTrue(err.toString().contains("--mount"), err.toString());
      assertEquals(List.of(), lab.asked());
    }
  }

  @Test
  void noMountMeansNoDaemon() throws IOException {
    assertEquals(5, run("list", "--mount", "/srv/other"));
    vms.close();
    assertEquals(5, run("list"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", ".", "..", "a/../b", "./a", "/etc/passwd", "a\u0007b", "/srv/vms", "a//b"})
  void aNameThatCanNotBeOneIsRefusedBeforeTheDaemonIsAsked(String name) {
    assertEquals(2, run("clone", "base", name));
    assertEquals(List.of(), vms.asked());
    assertOneSentence();
  }

  @Test
  void aRefusalIsTheDaemonsSentenceAndStatus() {
    vms.refuses(ExitStatus.REFUSED, "s01 runs; power it off first");
    assertEquals(3, run("remove", "s01"));
    assertEquals("pando: s01 runs; power it off first\n", err.toString());
    assertEquals("", out.toString());
  }

  @Test
  void withJsonAFailureIsADocumentToo() {
    vms.refuses(ExitStatus.MISSING, "there is no s01");
    assertEquals(4, run("show", "s01", "--json"));
    assertEquals("{\"error\":{\"code\":4,\"message\":\"there is no s01\"}}\n", out.toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"frobnicate", "freeze", "list --frob", "clone a b c", "", "-x"})
  void wrongUsageIsOneSentenceThatNamesTheHelp(String line) {
    assertEquals(2, run(line.isEmpty() ? new String[0] : line.split(" ")));
    assertOneSentence();
    assertTrue(err.toString().contains("--help'"), err.toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"clone a", "clone a b --names-from x", "clone a --names-from x --count 2"})
  void aCloneWithoutOneSourceOfNamesIsWrongUsage(String line) {
    assertEquals(2, run(line.split(" ")));
    assertOneSentence();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mount", "umount", "status", "list", "show", "import", "clone", "freeze", "thaw", "remove",
        "space", "demo"
      })
  void everyCommandHasHelpWithAnExample(String command) {
    assertEquals(0, run(command, "--help"));
    assertTrue(out.toString().contains("Example: pando " + command), out.toString());
  }

  @Test
  void aPathThatCanNotBeIsWrongUsage() {
    assertEquals(2, run("list", "--mount", "a\u0000b"));
    assertOneSentence();
    assertFalse(err.toString().contains("java"), err.toString());
  }

  @Test
  void aFaultOfOurOwnShowsNoStackTrace() {
    // there is no such path on Linux, and no check of ours that says so
    assertEquals(1, runWith("a\u0000b", "list"));
    assertOneSentence();
  }

  @Test
  void vmsAreListedWithTheirParentsAndSizes() {
    var list = Json.object();
    var both = list.putArray("vms");
    both.addObject()
        .put("name", "base")
        .put("kind", "template")
        .put("generation", 2)
        .put("logicalBytes", 268435456)
        .put("privateBytes", 0)
        .put("sharedBytes", 268435456);
    var clone =
        both.addObject()
            .put("name", "s01")
            .put("kind", "linked-clone")
            .put("running", true)
            .put("logicalBytes", 268435456)
            .put("privateBytes", 4096)
            .put("sharedBytes", 1024);
    clone.putObject("parent").put("name", "base").put("generation", 2).put("deleted", false);
    clone.putArray("runningBy").addObject().put("pid", 7).put("command", "qemu");
    vms.answers(list);
    assertEquals(0, run("list"), err.toString());
    assertEquals(
        """
        NAME  KIND          PARENT     SIZE       OWN    SHARED  RUNNING
        base  template @2   -       256 MiB       0 B   256 MiB  -
        s01   linked clone  base@2  256 MiB  4.00 KiB  1.00 KiB  qemu (7)
        """,
        out.toString());
  }

  @Test
  void statusAsksEveryDaemonHowItIs() throws IOException {
    vms.answers(Json.object().put("state", "ready"));
    try (AnsweringDaemon lab = mountLab()) {
      lab.refuses(ExitStatus.FAILED, "the store is broken");
      assertEquals(0, run("status", "--json"), err.toString());
    }
    assertTrue(out.toString().contains("\"state\":\"ready\""), out.toString());
    assertTrue(out.toString().contains("\"state\":\"failed\""), out.toString());
  }

  @Test
  void statusNamesWhoMakesTheWritersOfAnImageTakeTurns() {
    var status = Json.object().put("state", "ready");
    status
        .putArray("serializedBy")
        .addObject()
        .put("file", "s01-flat.vmdk")
        .put("vm", "s01")
        .put("pid", 7)
        .put("command", "backup");
    vms.answers(status);
    assertEquals(0, run("status"), err.toString());
    assertTrue(
        out.toString().contains("s01-flat.vmdk of s01 is mapped by backup (pid 7)"),
        out.toString());
    assertEquals(0, run("status", "--json"), err.toString());
    assertTrue(out.toString().contains("\"serializedBy\":[{\"file\":"), out.toString());
  }
}
