package dev.pando.cowstore.schedule;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** One run of a scenario, as the scenario sees it. */
public final class Schedule {
  /** What the names of strands of a race begin with. */
  static final String TASK = "task ";

  private final Scheduler scheduler;
  private final Path directory;
  private final Random random;
  private long looks;

  Schedule(Scheduler scheduler, Path directory, long number) {
    this.scheduler = scheduler;
    this.directory = directory;
    this.random = new Random(number * 0x9e3779b97f4a7c15L + 1);
  }

  /** What one strand of a race does. */
  @FunctionalInterface
  public interface Task {
    void run() throws Exception;
  }

  /** An empty directory of this run's own. */
  public Path directory() {
    return directory;
  }

  /** What the scenario itself decides by: it depends on the schedule's number alone. */
  public Random random() {
    return random;
  }

  /** A time that goes on with every look at it. */
  public long now() {
    return ++looks;
  }

  /**
   * Lets these tasks, and what goes on in the background, run side by side as the schedule's number
   * says, and returns when the tasks have ended. Before and after, a strand goes on until it waits.
   *
   * @throws Exception the first that a task threw
   */
  public void race(Task... tasks) throws Exception {
    race(List.of(tasks));
  }

  /** As {@link #race(Task...)}. */
  public void race(List<Task> tasks) throws Exception {
    List<Exception> thrown = new ArrayList<>();
    List<Strand> strands = new ArrayList<>();
    scheduler.settle();
    for (int i = 0; i < tasks.size(); i++) {
      Task task = tasks.get(i);
      strands.add(scheduler.spawn(TASK + i, () -> run(task, thrown)));
    }
    scheduler.beginRace();
    strands.forEach(scheduler::join);
    scheduler.endRace();
    if (!thrown.isEmpty()) {
      thrown.stream().skip(1).forEach(thrown.get(0)::addSuppressed);
      throw thrown.get(0);
    }
  }

  private static void run(Task task, List<Exception> thrown) {
    try {
      task.run();
    } catch (Exception e) {
      thrown.add(e);
    }
  }

  /** From here on nothing is committed to a catalog, until a new process begins. */
  public void endProcess() {
    scheduler.setProcessEnded(true);
  }

  public void beginProcess() {
    scheduler.setProcessEnded(false);
  }

  /**
   * Has caches of a bounded size emptied, the garbage collected, and so everything forgotten that
   * is held weakly and by nobody else.
   */
  public void forgetWhatNobodyHolds() {
    scheduler.forget();
  }
}
