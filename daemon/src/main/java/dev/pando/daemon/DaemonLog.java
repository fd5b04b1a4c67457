package dev.pando.daemon;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.rolling.RollingFileAppender;
import ch.qos.logback.core.rolling.RollingPolicyBase;
import ch.qos.logback.core.rolling.RolloverFailure;
import ch.qos.logback.core.rolling.SizeBasedTriggeringPolicy;
import ch.qos.logback.core.util.FileSize;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;
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

  private static final Pattern ESCAPED = Pattern.compile("[-%\\p{Cc}]");

  private DaemonLog() {}

  /**
   * Where the daemon of {@code mountpoint} logs: {@code srv-vms.log} for {@code /srv/vms}. No two
   * mount points have one name: what stands for something else is written as its bytes in UTF-8,
   * {@code %2D} for a hyphen, and what would be too long as its SHA-256, which no other begins
   * like.
   */
  static Path file(Path runtimeDirectory, Path mountpoint) {
    String path = mountpoint.toString().replaceAll("^/+", "");
    String name = ESCAPED.matcher(path).replaceAll(found -> escape(found.group()));
    name = name.replace('/', '-');
    if (name.getBytes(StandardCharsets.UTF_8).length > MAX_NAME_BYTES) {
      name = "%sha256-" + HexFormat.of().formatHex(sha256(path));
    }
    return runtimeDirectory.resolve(name + ".log");
  }

  private static String escape(String text) {
    return HexFormat.of()
        .withUpperCase()
        .withPrefix("%")
        .formatHex(text.getBytes(StandardCharsets.UTF_8));
  }

  private static byte[] sha256(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java has it
    }
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
    root.addAppender(startedFile(context, file));
    if (console) {
      ConsoleAppender<ILoggingEvent> standardError = new ConsoleAppender<>();
      standardError.setTarget("System.err");
      root.addAppender(started(context, standardError));
    }
  }

  private static RollingFileAppender<ILoggingEvent> rolling(LoggerContext context, Path file) {
    RollingFileAppender<ILoggingEvent> appender = new RollingFileAppender<>();
    appender.setFile(file.toString());
    OneOlderFile policy = new OneOlderFile(file);
    policy.setContext(context);
    policy.setParent(appender);
    policy.start();
    SizeBasedTriggeringPolicy<ILoggingEvent> trigger = new SizeBasedTriggeringPolicy<>();
    trigger.setContext(context);
    trigger.setMaxFileSize(new FileSize(MAX_BYTES));
    trigger.start();
    appender.setRollingPolicy(policy);
    appender.setTriggeringPolicy(trigger);
    return appender;
  }

  /**
   * Keeps one full log beside that which is written, as {@code FILE.1}. Logback's own policies take
   * a pattern, in which not every name can be written.
   */
  private static final class OneOlderFile extends RollingPolicyBase {
    private final Path file;

    OneOlderFile(Path file) {
      this.file = file;
    }

    @Override
    public void rollover() throws RolloverFailure {
      try {
        Files.move(file, Path.of(file + ".1"), StandardCopyOption.REPLACE_EXISTING);
      } catch (IOException e) {
        throw new RolloverFailure("the full log stays as it is", e);
      }
    }

    @Override
    public String getActiveFileName() {
      return file.toString();
    }
  }

  /** A log that is written to from now on. */
  static RollingFileAppender<ILoggingEvent> startedFile(LoggerContext context, Path file) {
    RollingFileAppender<ILoggingEvent> appender = rolling(context, file);
    started(context, appender);
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
