package dev.pando.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LauncherTest {
  private static final int ROUNDS = 7;

  /** DESIGN's figure is 0.35 s on a quiet machine; here one run in seven must reach thrice that. */
  private static final double LIMIT_SECONDS = 3 * 0.35;

  @Test
  void theVersionIsAllThatIsPrinted() throws Exception {
    Outcome version = Pando.command("--version").run().succeeded();
    assertTrue(version.out().matches("pando \\S+\n"), version.toString());
    assertEquals("", version.err());
  }

  @Test
  void aCommandIsQuick() throws Exception {
    Pando.command("--version").run().succeeded();
    List<Double> seconds = new ArrayList<>();
    for (int round = 0; round < ROUNDS; round++) {
      long start = System.nanoTime();
      Pando.command("status").run().succeeded();
      seconds.add((System.nanoTime() - start) / 1e9);
    }
    seconds.sort(null);
    System.out.printf("pando status: %.2f s (median of %d)%n", seconds.get(ROUNDS / 2), ROUNDS);
    assertTrue(seconds.get(0) <= LIMIT_SECONDS, seconds.toString());
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
