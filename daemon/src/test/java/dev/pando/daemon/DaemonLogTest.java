package dev.pando.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.rolling.RollingFileAppender;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

class DaemonLogTest {
  private static final Path RUN = Path.of("/run/pando");

  private static String name(String mountpoint) {
    return DaemonLog.file(RUN, Path.of(mountpoint)).getFileName().toString();
  }

  @Test
  void aLogIsNamedAfterItsMountPoint() {
    assertEquals("srv-vms.log", name("/srv/vms"));
    assertEquals("srv-my%2Dvms.log", name("/srv/my-vms"));
    assertEquals("srv-Übung 1.log", name("/srv/Übung 1"));
  }

  @Test
  void noTwoMountPointsHaveOneLog() {
    String deep = "/d".repeat(200);
    List<String> mountpoints =
        List.of(
            "/a/b",
            "/a-b",
            "/a%2Db",
            "/a%2D/b",
            "/a%252Db",
            "/a/-b",
            "/a-/b",
            "/a--b",
            "/a/b.log",
            "/a/b.log.1",
            "/a?b",
            "/a\nb",
            "/a\tb",
            "/a%0Ab",
            "/mount/1",
            deep,
            deep + "/e",
            // two of one String.hashCode
            deep + "/Aa",
            deep + "/BB",
            "/" + "-".repeat(200),
            "/sha256/1",
            "/%sha256/1");
    Set<String> names = new HashSet<>();
    for (String mountpoint : mountpoints) {
      String name = name(mountpoint);
      assertTrue(names.add(name), mountpoint + " shares " + name);
      assertTrue(name.getBytes(StandardCharsets.UTF_8).length <= 253, name);
      assertTrue(name.chars().noneMatch(c -> c == '/' || Character.isISOControl(c)), name);
    }
  }

  @Test
  void aFullLogIsKeptBesideItselfWhateverItsName(@TempDir Path directory) throws Exception {
    LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    for (String mountpoint : List.of("/srv/vms", "/a-b", "/a%ib", "/a\\b", "/a(b)", "/%d{HH}")) {
      Path log = DaemonLog.file(directory, Path.of(mountpoint));
      RollingFileAppender<ILoggingEvent> appender = DaemonLog.startedFile(context, log);
      Logger logger = context.getLogger("test");
      for (String line : List.of("first", "second", "third")) {
        appender.doAppend(new LoggingEvent("", logger, Level.INFO, line, null, null));
        if (!line.equals("third")) {
          appender.rollover();
        }
      }
      appender.stop();
      assertTrue(Files.readString(log).contains("third"), mountpoint);
      assertTrue(Files.readString(Path.of(log + ".1")).contains("second"), mountpoint);
    }
    try (Stream<Path> files = Files.walk(directory)) {
      assertEquals(1 + 2 * 6, files.count(), "nothing else was written");
    }
  }
}
