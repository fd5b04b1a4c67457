package dev.pando.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LauncherTest {
  /** The launcher by env, bash, readlink and java. */
  private static final int MOST_PROGRAMS = 4;

  /** Four times two archives are made at once, each by two JVMs. */
  private static final int FIRST_RUNS_SECONDS = 300;

  /** The first of all commands says that it prepares quick starts, whichever test it is in. */
  @BeforeAll
  static void prepare() throws IOException {
    Pando.command("--version").within(FIRST_RUNS_SECONDS).run().succeeded();
  }

  @Test
  void theVersionIsAllThatIsPrinted() throws Exception {
    Outcome version = Pando.command("--version").run().succeeded();
    assertTrue(version.out().matches("pando \\S+\n"), version.toString());
    assertEquals("", version.err());
  }

  /**
   * What makes a command quick: its classes come from the archive, and hardly a program runs beside
   * Java. How long it takes is the benchmark's matter ({@code command}).
   */
  @Test
  void aCommandStartsFromTheArchiveAndWithFewPrograms(@TempDir Path directory) throws Exception {
    Path classes = directory.resolve("classes");
    Pando.command("status")
        .with("_JAVA_OPTIONS", "-Xlog:class+load:file=" + classes)
        .run()
        .succeeded();
    List<String> loaded = Files.readAllLines(classes);
    long archived =
        loaded.stream().filter(line -> line.contains("source: shared objects file")).count();
    assertTrue(archived > loaded.size() * 9L / 10, archived + " of " + loaded.size() + " classes");
    Path programs = directory.resolve("programs");
    Program.of(
            "strace",
            "-f",
            "-e",
            "trace=execve",
            "-e",
            "status=successful",
            "-o",
            programs.toString(),
            Pando.CHECKOUT.resolve("cli/bin/pando").toString(),
            "status")
        .with("PANDO_JARS", Pando.JARS)
        .run()
        .succeeded();
    List<String> run =
        Files.readAllLines(programs).stream().filter(line -> line.contains("execve(")).toList();
    assertTrue(run.size() <= MOST_PROGRAMS, run::toString);
  }

  @Test
  void firstRunsSideBySideAllSucceed(@TempDir Path directory) throws Exception {
    Path jars = Files.createDirectory(directory.resolve("jars"));
    Program.shell("cp \"$1\"/cli/target/lib/*.jar \"$2\"/", Pando.CHECKOUT, jars).run().succeeded();
    Outcome all =
        Program.shell(
                "for i in 1 2 3 4; do \"$1\"/cli/bin/pando --version & done;"
                    + " for j in $(jobs -p); do wait $j || exit 1; done",
                Pando.CHECKOUT)
            .with("PANDO_JARS", jars)
            .within(FIRST_RUNS_SECONDS)
            .run()
            .succeeded();
    assertEquals(4, all.out().lines().count(), all.toString());
    assertEquals(1, all.out().lines().distinct().count(), all.toString());
  }

  @Test
  void withoutJavaOneSentenceSaysSo(@TempDir Path empty) throws Exception {
    // the checkout's own tools, but no java: neither named, nor on the path, nor where Debian puts
    // it
    Outcome outcome =
        Program.shell(
                "for t in bash readlink dirname env; do ln -s \"$(type -P $t)\" \"$1\"/$t; done;"
                    + " exec unshare -m bash -c 'mount -t tmpfs none /usr/lib/jvm && PATH=$1"
                    + " JAVA_HOME= exec \"$2\" --version' bash \"$1\" \"$2\"",
                empty,
                Pando.CHECKOUT.resolve("cli/bin/pando"))
            .with("PANDO_JARS", Pando.CHECKOUT.resolve("cli/target/lib"))
            .run();
    String sentence = outcome.refusedWith(1);
    assertTrue(sentence.contains("Java 17"), sentence);
  }

  @Test
  void aNameIsUnderstoodInAnyLocale() throws Exception {
    String sentence =
        Pando.command("show", "küche//x")
            .with("LC_ALL", "C")
            .with("LANG", "C")
            .run()
            .refusedWith(2);
    assertTrue(sentence.contains("küche"), sentence);
  }
}
