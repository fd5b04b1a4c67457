package dev.pando.cli;

import dev.pando.daemon.control.Progress;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** How far an import has come, on a terminal; nothing in a pipe. */
final class ImportBar implements Progress, AutoCloseable {
  private static final int WIDTH = 78;
  private static final int REDRAW_MILLIS = 250;
  private static final long MEBIBYTE = 1 << 20;

  /** Null until the first report on a terminal, and always in a pipe. */
  private ProgressBar bar;

  private final boolean terminal;

  /**
   * @param terminal whether a person reads standard error
   */
  ImportBar(boolean terminal) {
    this.terminal = terminal;
  }

  @Override
  public void report(long doneBytes, long totalBytes) {
    if (!terminal || totalBytes <= 0) {
      return;
    }
    if (bar == null) {
      bar =
          new ProgressBarBuilder()
              .setTaskName("importing")
              .setInitialMax(totalBytes)
              .setUnit(" MiB", MEBIBYTE)
              .setStyle(ProgressBarStyle.ASCII)
              .setUpdateIntervalMillis(REDRAW_MILLIS)
              .setConsumer(new ConsoleProgressBarConsumer(System.err, WIDTH))
              .build();
    }
    bar.maxHint(totalBytes);
    bar.stepTo(doneBytes);
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
