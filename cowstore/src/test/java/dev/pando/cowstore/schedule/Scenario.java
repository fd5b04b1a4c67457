package dev.pando.cowstore.schedule;

/** What is done under the scheduler; it throws when it sees what must not be. */
@FunctionalInterface
public interface Scenario {
  /** Runs once; a new instance is made for each schedule. */
  void run(Schedule schedule) throws Exception;
}
