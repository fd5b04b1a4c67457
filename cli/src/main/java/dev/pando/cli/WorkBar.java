package dev.pando.cli;

import dev.pando.daemon.control.Progress;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** How far work that copies data has come, on a terminal; nothing in a pipe. */
final class WorkBar implements Progress, AutoCloseable {
  private static final int WIDTH = 78;
  private static final int REDRAW_MILLIS = 250;
  private static final long MEBIBYTE = 1 << 20;

  /** Null until the first report on a terminal, and always in a pipe. */
  private ProgressBar bar;

  private final String task;
  private final boolean terminal;

  /**
   * @param task what stands before the bar
   * @param terminal whether a person reads standard error
   */
  WorkBar(String task, boolean terminal) {
    this.task = task;
    this.terminal = terminal;
  }

  /** One on the terminal of this process, if it has one. */
  static WorkBar of(String task) {
    return new WorkBar(task, Boolean.getBoolean("pando.terminal"));
  }

  @Override
  public void report(long doneBytes, long totalBytes) {
    if (!terminal || totalBytes <= 0) {
      return;
    }
    if (bar == null) {
      bar =
          new ProgressBarBuilder()
              .setTaskName(task)
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
