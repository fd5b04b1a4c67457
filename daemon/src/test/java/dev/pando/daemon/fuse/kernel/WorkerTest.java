package dev.pando.daemon.fuse.kernel;

import static dev.pando.daemon.fuse.kernel.FakeKernel.body;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.daemon.fuse.BlankFile;
import dev.pando.daemon.fuse.Eventually;
import dev.pando.daemon.fuse.RefusingFileSystem;
import dev.pando.daemon.fuse.kernel.FakeKernel.Answer;
import dev.pando.daemon.fuse.wire.Opcode;
import dev.pando.daemon.tree.AttributeChange;
import dev.pando.daemon.tree.Attributes;
import dev.pando.daemon.tree.Caller;
import dev.pando.daemon.tree.Completion;
import dev.pando.daemon.tree.Errno;
import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.OpenFile;
import dev.pando.testing.Patience;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(Patience.HANG_SECONDS)
class WorkerTest {
  private static final long NODE = 5;
  private static final int O_DSYNC = 010000;
  private static final byte[] NOTHING = new byte[0];

  private final LinkedBlockingQueue<Completion> syncs = new LinkedBlockingQueue<>();
  private volatile boolean dataOnly;
  private volatile RuntimeException fault;

  /** What a write is told while there is no space; 0: there is some. */
  private volatile int full;

  private final Semaphore spaceLooks = new Semaphore(0);

  /** One file that is opened by whatever number, and whose syncs a test completes. */
  private final class OneBlankFile extends RefusingFileSystem {
    @Override
    public void lookup(long parent, byte[] name, Attributes out) {
      attributes(NODE, out);
    }

    @Override
    public void setAttributes(long node, AttributeChange change, Attributes out) {
      attributes(node, out); // asked to take privileges, of which there are none
    }

    @Override
    public void attributes(long node, Attributes out) {
      if (fault != null) {
        throw fault;
      }
      out.node = node;
      out.mode = 0100644;
    }

    @Override
    public OpenFile open(long node, int flags, Caller caller) {
      return new BlankFile(node) {
        @Override
        public void sync(boolean onlyData, Completion done) {
          if (fault != null) {
            throw fault;
          }
          dataOnly = onlyData;
          syncs.add(done);
        }

        @Override
        public int writeNow(long offset, long address, int length) throws ErrnoException {
          if (full > 0) {
            throw new ErrnoException(full);
          }
          return full < 0 ? full : write(offset, address, length);
        }

        @Override
        public void awaitSpace() {
          spaceLooks.acquireUninterruptibly();
        }
      };
    }

    @Override
    public void readDirectory(long node, long cookie, boolean withAttributes, DirectorySink sink) {
      boolean unused = sink.entry(1, node, 0040000, new byte[] {'.'}, null);
    }
  }

  private FakeKernel start(int parkingPlaces) throws Exception {
    return new FakeKernel(new OneBlankFile(), parkingPlaces);
  }

  private static long open(FakeKernel kernel) {
    long unique = kernel.ask(Opcode.OPEN, NODE, body(2, 0));
    assertEquals(new Answer(32, 0, unique), kernel.answer());
    return kernel.bodyLong(0);
  }

  private static byte[] fsync(long fileHandle, int flags) {
    return body(fileHandle, flags, 0);
  }

  private static byte[] write(long fileHandle, int size, int openFlags, byte[] data) {
    return body(fileHandle, 0L, size, 0, 0L, openFlags, 0, data);
  }

  private static void assertServes(FakeKernel kernel) {
    long unique = kernel.ask(Opcode.GETATTR, NODE, body(0, 0, 0L));
    assertEquals(new Answer(16 + 104, 0, unique), kernel.answer());
  }

  @Test
  void aFileIsKnownByTheNumberOfTheRequestThatOpenedIt() throws Exception {
    try (FakeKernel kernel = start(1)) {
      long unique = kernel.ask(Opcode.OPEN, NODE, body(2, 0));
      assertEquals(unique, kernel.answer().unique());
      assertEquals(unique, kernel.bodyLong(0));
    }
  }

  @Test
  void aRequestThatIsCutOffIsInvalid() throws Exception {
    try (FakeKernel kernel = start(1)) {
      for (Opcode opcode :
          new Opcode[] {
            Opcode.LOOKUP,
            Opcode.GETATTR,
            Opcode.SETATTR,
            Opcode.SYMLINK,
            Opcode.MKNOD,
            Opcode.MKDIR,
            Opcode.UNLINK,
            Opcode.RMDIR,
            Opcode.RENAME,
            Opcode.RENAME2,
            Opcode.LINK,
            Opcode.OPEN,
            Opcode.READ,
            Opcode.WRITE,
            Opcode.RELEASE,
            Opcode.FSYNC,
            Opcode.SETXATTR,
            Opcode.GETXATTR,
            Opcode.LISTXATTR,
            Opcode.REMOVEXATTR,
            Opcode.OPENDIR,
            Opcode.READDIR,
            Opcode.READDIRPLUS,
            Opcode.FSYNCDIR,
            Opcode.CREATE,
            Opcode.TMPFILE,
            Opcode.FALLOCATE,
            Opcode.LSEEK,
            Opcode.COPY_FILE_RANGE,
            Opcode.COPY_FILE_RANGE_64,
            Opcode.STATX
          }) {
        long unique = kernel.ask(opcode, NODE, NOTHING);
        assertEquals(new Answer(16, -Errno.EINVAL, unique), kernel.answer(), opcode.name());
      }
      assertServes(kernel);
    }
  }

  @Test
  void whatIsMalformedIsInvalid() throws Exception {
    try (FakeKernel kernel = start(1)) {
      long file = open(kernel);
      Object[][] cases = {
        {Opcode.LOOKUP, body(new byte[] {'a', 'b'})},
        {Opcode.LOOKUP, body(new byte[] {0})},
        {Opcode.LOOKUP, body(new byte[] {'a', '/', 'b', 0})},
        {Opcode.RENAME, body(1L, new byte[] {'a', 0})},
        {Opcode.SETXATTR, body(100, 0, new byte[] {'a', 0, 'v'})},
        {Opcode.SETXATTR, body(-1, 0, new byte[] {'a', 0, 'v'})},
        {Opcode.WRITE, write(file, 4, 0, new byte[] {1, 2, 3})},
        {Opcode.WRITE, write(file, -1, 0, new byte[] {1, 2, 3})},
        {Opcode.READ, body(file, 0L, (1 << 20) + 1, 0, 0L, 0, 0)},
        {Opcode.READ, body(file, -1L, 16, 0, 0L, 0, 0)},
        {Opcode.READDIR, body(0L, 0L, 8, 0, 0L, 0, 0)},
        {Opcode.LSEEK, body(file, 0L, 0, 0)},
        {Opcode.COPY_FILE_RANGE_64, body(file, 0L, NODE, file, 0L, 10L, 1L)},
      };
      for (Object[] malformed : cases) {
        long unique = kernel.ask((Opcode) malformed[0], NODE, (byte[]) malformed[1]);
        assertEquals(
            new Answer(16, -Errno.EINVAL, unique), kernel.answer(), malformed[0].toString());
      }
      long unique = kernel.ask(Opcode.GETATTR.number(), 4000, NODE, body(0, 0, 0L));
      assertEquals(new Answer(16, -Errno.EINVAL, unique), kernel.answer());
      assertServes(kernel);
    }
  }

  @Test
  void aFileThatIsNotOpenIsABadDescriptor() throws Exception {
    try (FakeKernel kernel = start(1)) {
      long unique = kernel.ask(Opcode.READ, NODE, body(77L, 0L, 16, 0, 0L, 0, 0));
      assertEquals(new Answer(16, -Errno.EBADF, unique), kernel.answer());
    }
  }

  @Test
  void randomRequestsAreAllAnsweredAndHarmNothing() throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    try (FakeKernel kernel = start(4)) {
      for (int step = 0; step < 5_000; step++) {
        int number = random.nextInt(60);
        byte[] body = new byte[random.nextInt(140)];
        random.nextBytes(body);
        if (random.nextBoolean() && body.length >= 8) {
          // the number of a file that may be open
          System.arraycopy(body(2L * (1 + random.nextInt(step + 1))), 0, body, 0, 8);
        }
        long unique = kernel.ask(number, 40 + body.length, NODE, body);
        if (!Opcode.of(number).isOneWay()) {
          Completion parked = syncs.poll();
          while (parked != null) {
            parked.completed(0);
            parked = syncs.poll();
          }
          Answer answer = answerTo(kernel);
          assertEquals(unique, answer.unique(), "seed " + seed);
          assertTrue(answer.error() <= 0 && answer.error() > -512, "seed " + seed);
        }
      }
      assertServes(kernel);
    }
  }

  /** The next answer, with whatever is parked completed on the way. */
  private Answer answerTo(FakeKernel kernel) throws InterruptedException {
    Thread completer =
        new Thread(
            () -> {
              try {
                while (true) {
                  syncs.take().completed(0);
                }
              } catch (InterruptedException done) {
                // the answer has come
              }
            });
    completer.start();
    try {
      return kernel.answer();
    } finally {
      completer.interrupt();
      completer.join();
    }
  }

  @Test
  void nobodyIsAnsweredWhoDoesNotWait() throws Exception {
    try (FakeKernel kernel = start(1)) {
      kernel.ask(Opcode.FORGET, NODE, body(1L));
      kernel.ask(Opcode.BATCH_FORGET, NODE, body(1, 0, NODE, 1L));
      kernel.ask(Opcode.INTERRUPT, NODE, body(2L));
      kernel.ask(Opcode.NOTIFY_REPLY, NODE, NOTHING);
      assertServes(kernel);
    }
  }

  @Test
  void whatIsMeantForEverIsRefusedForEver() throws Exception {
    try (FakeKernel kernel = start(1)) {
      for (Opcode opcode : new Opcode[] {Opcode.FLUSH, Opcode.ACCESS, Opcode.SETLK, Opcode.POLL}) {
        long unique = kernel.ask(opcode, NODE, body(0L, 0L, 0L, 0L, 0L, 0L));
        assertEquals(new Answer(16, -Errno.ENOSYS, unique), kernel.answer());
      }
      long unique = kernel.ask(Opcode.IOCTL, NODE, body(0L, 0L, 0L, 0L));
      assertEquals(new Answer(16, -Errno.ENOTTY, unique), kernel.answer());
    }
  }

  @Test
  void aFaultOfOursIsAnInputOutputErrorAndNoMore() throws Exception {
    try (FakeKernel kernel = start(1)) {
      long file = open(kernel);
      fault = new IllegalStateException("made by a test");
      long unique = kernel.ask(Opcode.GETATTR, NODE, body(0, 0, 0L));
      assertEquals(new Answer(16, -Errno.EIO, unique), kernel.answer());
      unique = kernel.ask(Opcode.FSYNC, NODE, fsync(file, 0));
      assertEquals(new Answer(16, -Errno.EIO, unique), kernel.answer());
      fault = null;
      assertServes(kernel);
    }
  }

  @Test
  void aParkedSyncKeepsNoWorkerAndIsAnsweredLater() throws Exception {
    try (FakeKernel kernel = start(2)) {
      long file = open(kernel);
      long unique = kernel.ask(Opcode.FSYNC, NODE, fsync(file, 1));
      Completion parked = syncs.poll(2, TimeUnit.MINUTES);
      assertTrue(dataOnly);
      assertServes(kernel);
      assertEquals(unique, smallSlotUnique(kernel, 0), "the parked request is to be found");
      parked.completed(0);
      assertEquals(new Answer(16, 0, unique), kernel.answer());
    }
  }

  @Test
  void aParkedSyncThatFailsSaysSo() throws Exception {
    try (FakeKernel kernel = start(1)) {
      long file = open(kernel);
      long unique = kernel.ask(Opcode.FSYNC, NODE, fsync(file, 0));
      Completion parked = syncs.poll(2, TimeUnit.MINUTES);
      assertFalse(dataOnly);
      parked.completed(Errno.EIO);
      assertEquals(new Answer(16, -Errno.EIO, unique), kernel.answer());
    }
  }

  @Test
  void aSynchronousWriteIsAnsweredWhenItIsDurable() throws Exception {
    try (FakeKernel kernel = start(1)) {
      long file = open(kernel);
      long unique = kernel.ask(Opcode.WRITE, NODE, write(file, 3, O_DSYNC, new byte[] {1, 2, 3}));
      Completion parked = syncs.poll(2, TimeUnit.MINUTES);
      assertTrue(dataOnly);
      assertServes(kernel);
      parked.completed(0);
      assertEquals(new Answer(24, 0, unique), kernel.answer());
      assertEquals(3, kernel.bodyInt(0));
    }
  }

  @Test
  void withNoPlaceLeftTheWorkerItselfWaits() throws Exception {
    try (FakeKernel kernel = start(1)) {
      long file = open(kernel);
      long first = kernel.ask(Opcode.FSYNC, NODE, fsync(file, 0));
      Completion parked = syncs.poll(2, TimeUnit.MINUTES);
      long second = kernel.ask(Opcode.WRITE, NODE, write(file, 3, O_DSYNC, new byte[] {1, 2, 3}));
      Completion waiting = syncs.poll(2, TimeUnit.MINUTES);
      waiting.completed(0);
      assertEquals(new Answer(24, 0, second), kernel.answer());
      parked.completed(0);
      assertEquals(new Answer(16, 0, first), kernel.answer());
    }
  }

  @Test
  void theConnectionOutlivesItsWorkersWhileARequestIsParked() throws Exception {
    FakeKernel kernel = start(1);
    long file = open(kernel);
    kernel.ask(Opcode.FSYNC, NODE, fsync(file, 0));
    Completion parked = syncs.poll(2, TimeUnit.MINUTES);
    Thread closer = new Thread(kernel::close);
    closer.start();
    assertFalse(kernel.connection().awaitEnd(Duration.ofMillis(100)));
    assertEquals(1, kernel.openFiles().count());
    parked.completed(0);
    closer.join();
    assertEquals(0, kernel.openFiles().count());
  }

  @Test
  void anIdleSlotHoldsNoRequest() throws Exception {
    try (FakeKernel kernel = start(1)) {
      assertServes(kernel);
      int at = kernel.slots().fullSlotAt(0) + MountMemory.REQUEST_AT + MountMemory.UNIQUE_AT;
      Eventually.await("an empty slot", () -> kernel.slots().buffer().getLong(at) == 0);
      assertEquals(0, smallSlotUnique(kernel, 0));
    }
  }

  private static long smallSlotUnique(FakeKernel kernel, int index) {
    int at = kernel.slots().smallSlotAt(index) + MountMemory.UNIQUE_AT;
    return kernel.slots().buffer().getLong(at);
  }

  @Test
  void writesForWhichThereIsNoSpaceYetKeepNoWorker() throws Exception {
    try (FakeKernel kernel = start(3)) {
      long file = open(kernel);
      full = OpenFile.NO_SPACE_NOW;
      long first = kernel.ask(Opcode.WRITE, NODE, write(file, 4, 0, new byte[4]));
      long durable = kernel.ask(Opcode.WRITE, NODE, write(file, 5, O_DSYNC, new byte[5]));
      assertServes(kernel); // there is one worker
      full = 0;
      spaceLooks.release(2);
      assertEquals(new Answer(24, 0, first), kernel.answer());
      assertEquals(4, kernel.bodyInt(0));
      syncs.take().completed(0);
      assertEquals(new Answer(24, 0, durable), kernel.answer());
      assertEquals(5, kernel.bodyInt(0));
    }
  }

  @Test
  void aWriteForWhichNoSpaceComesIsRefused() throws Exception {
    try (FakeKernel kernel = start(1)) {
      long file = open(kernel);
      full = OpenFile.NO_SPACE_NOW;
      long hoping = kernel.ask(Opcode.WRITE, NODE, write(file, 4, 0, new byte[4]));
      assertServes(kernel);
      long further = kernel.ask(Opcode.WRITE, NODE, write(file, 4, 0, new byte[4]));
      assertEquals(new Answer(16, -Errno.ENOSPC, further), kernel.answer(), "no place to park");
      full = Errno.ENOSPC;
      spaceLooks.release();
      assertEquals(new Answer(16, -Errno.ENOSPC, hoping), kernel.answer());
      full = OpenFile.NO_SPACE_NOW;
      spaceLooks.release(100); // each look is in vain
      long last = kernel.ask(Opcode.WRITE, NODE, write(file, 4, 0, new byte[4]));
      assertEquals(new Answer(16, -Errno.ENOSPC, last), kernel.answer());
      assertServes(kernel);
    }
  }
}
