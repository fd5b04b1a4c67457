package dev.pando.cowstore;

import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.pando.cowstore.io.FailingIo;
import dev.pando.cowstore.io.FailingIo.Call;
import dev.pando.cowstore.io.RecordingIo;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A commit that fails is a success to nobody, whenever he looks. */
final class FailedCommitTest {
  private static final long LONGER_THAN_A_LOOK_MILLIS = 1_000;

  @TempDir Path directory;

  /** A fault that takes its time to be told: until the waiter has looked, if he does. */
  private static final class SlowFault extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient CountDownLatch answered = new CountDownLatch(1);

    @Override
    public String getMessage() {
      try {
        boolean unused = answered.await(LONGER_THAN_A_LOOK_MILLIS, TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      return "a fault";
    }
  }

  @Test
  void whoWaitsForACommitThatFailsIsToldSo() throws Exception {
    FailingIo io = new FailingIo(new RecordingIo());
    CowStore store = CowStore.open(directory, Machine.options().withIo(io));
    Bytes bytes = new Bytes(store);
    bytes.fill(bytes.create(), 0, 10_000, 1);
    SlowFault fault = new SlowFault();
    io.before(
        Call.SYNC,
        () -> {
          throw fault;
        });
    FutureTask<Void> waiter =
        new FutureTask<>(
            () -> {
              try {
                store.commit();
                return null;
              } finally {
                fault.answered.countDown();
              }
            });
    new Thread(waiter).start();
    assertThrows(ExecutionException.class, waiter::get);
    store.abandon();
  }
}
