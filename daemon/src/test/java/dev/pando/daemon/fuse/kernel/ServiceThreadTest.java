package dev.pando.daemon.fuse.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.pando.daemon.fuse.LastResort;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** A thread that serves a mount does not end unseen. */
final class ServiceThreadTest {
  private final List<Throwable> told = new CopyOnWriteArrayList<>();
  private final LastResort lastResort = told::add;

  @Test
  void aThreadThatAFaultEndsIsTheEndOfTheDaemon() throws Exception {
    IllegalStateException fault = new IllegalStateException("a fault of a test");
    Thread thread =
        Service.start(
            "pando-test",
            () -> {
              Thread.currentThread().setUncaughtExceptionHandler((unused, seen) -> {});
              throw fault;
            },
            lastResort);
    thread.join();
    assertEquals(1, told.size());
    // what makes LastResort.HALT end the process
    assertInstanceOf(VirtualMachineError.class, told.get(0));
    assertEquals(fault, told.get(0).getCause());
  }

  @Test
  void aThreadThatHasServedToTheEndTellsNobody() throws Exception {
    Service.start("pando-test", () -> {}, lastResort).join();
    assertEquals(List.of(), told);
  }
}
