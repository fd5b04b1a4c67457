package dev.pando.daemon;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.rolling.FixedWindowRollingPolicy;
import ch.qos.logback.core.rolling.RollingFileAppender;
import ch.qos.logback.core.rolling.SizeBasedTriggeringPolicy;
import ch.qos.logback.core.util.FileSize;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.slf4j.LoggerFactory;

/**
 * The daemon's log: one line for each event that matters, in a file of the runtime directory that
 * is named after the mount point and stays when the daemon has ended. At most two files of 8 MiB.
 */
final class DaemonLog {
  private static final String PATTERN =
      "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %-5level %msg [%thread]%n";
  private static final long MAX_BYTES = 8 << 20;

  /** File names are at most 255 bytes long, and ".log.1" is to follow. */
  private static final int MAX_NAME_BYTES = 240;

  private DaemonLog() {}

  /** Where the daemon of {@code mountpoint} logs: {@code srv-vms.log} for {@code /srv/vms}. */
  static Path file(Path runtimeDirectory, Path mountpoint) {
    String name =
        mountpoint.toString().replaceAll("^/+", "").replace('/', '-').replaceAll("\\p{Cc}", "?");
    if (name.getBytes(StandardCharsets.UTF_8).length > MAX_NAME_BYTES) {
      name = "mount-" + Integer.toHexString(mountpoint.hashCode());
    }
    return runtimeDirectory.resolve(name + ".log");
  }

  /** Logs nothing yet; without this, logback would write to standard output. */
  static void silence() {
    ((LoggerContext) LoggerFactory.getILoggerFactory()).reset();
  }

  /** Logs to {@code file} from now on, and to standard error too if {@code console}. */
  static void start(Path file, boolean console) {
    LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    context.reset();
    Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    root.setLevel(Level.INFO);
    root.addAppender(started(context, rolling(context, file)));
    if (console) {
      ConsoleAppender<ILoggingEvent> standardError = new ConsoleAppender<>();
      standardError.setTarget("System.err");
      root.addAppender(started(context, standardError));
    }
  }

  private static RollingFileAppender<ILoggingEvent> rolling(LoggerContext context, Path file) {
    RollingFileAppender<ILoggingEvent> appender = new RollingFileAppender<>();
    appender.setFile(file.toString());
    FixedWindowRollingPolicy policy = new FixedWindowRollingPolicy();
    policy.setContext(context);
    policy.setParent(appender);
    // A percent sign in the name would be read as part of a pattern.
    policy.setFileNamePattern(file.toString().replace("%", "\\%") + ".%i");
    policy.setMinIndex(1);
    policy.setMaxIndex(1);
    policy.start();
    SizeBasedTriggeringPolicy<ILoggingEvent> trigger = new SizeBasedTriggeringPolicy<>();
    trigger.setContext(context);
    trigger.setMaxFileSize(new FileSize(MAX_BYTES));
    trigger.start();
    appender.setRollingPolicy(policy);
    appender.setTriggeringPolicy(trigger);
    return appender;
  }

  private static OutputStreamAppender<ILoggingEvent> started(
      LoggerContext context, OutputStreamAppender<ILoggingEvent> appender) {
    PatternLayoutEncoder encoder = new PatternLayoutEncoder();
    encoder.setContext(context);
    encoder.setPattern(PATTERN);
    encoder.setCharset(StandardCharsets.UTF_8);
    encoder.start();
    appender.setContext(context);
    appender.setEncoder(encoder);
    appender.start();
    return appender;
  }
}
