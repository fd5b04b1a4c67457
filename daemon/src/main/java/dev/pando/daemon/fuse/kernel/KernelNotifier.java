package dev.pando.daemon.fuse.kernel;

import dev.pando.daemon.fuse.LastResort;
import dev.pando.daemon.fuse.Linux;
import dev.pando.daemon.fuse.Notifier;
import dev.pando.daemon.fuse.wire.InvalEntryOut;
import dev.pando.daemon.fuse.wire.InvalInodeOut;
import dev.pando.daemon.fuse.wire.OutHeader;
import dev.pando.daemon.fuse.wire.Protocol;
import dev.pando.daemon.host.Precedence;
import dev.pando.daemon.tree.Errno;
import dev.pando.daemon.tree.Notice;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends notifications to the kernel, in order, for the one thread that runs it. A user of the
 * connection until {@link #end}.
 */
final class KernelNotifier implements Notifier, Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(KernelNotifier.class);

  /** How many notifications may wait before who makes one has to. */
  private static final int QUEUE_LENGTH = 1024;

  /** The kernel's FUSE_NAME_MAX. */
  private static final int NAME_MAX_BYTES = 1024;

  private static final int BUFFER_BYTES =
      OutHeader.BYTES + InvalEntryOut.BYTES + NAME_MAX_BYTES + 1;

  /** One thing to tell the kernel. */
  private sealed interface Notification {
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Entry(long parent, byte[] name) implements Notification {}

    record Inode(long node) implements Notification {}

    /** Nothing for the kernel: all before it was told. */
    record Mark(CountDownLatch reached) implements Notification {}

    /** Nothing for the kernel: what was owed before it is no more. */
    record Settled(Runnable settle) implements Notification {}

    /** Nothing at all: look whether there is more to do. */
    record End() implements Notification {}
  }

  private final Connection connection;
  private final LastResort lastResort;
  private final NoticeSender sender;
  private final Answers answers;
  private final OwedNotices owed;
  private final BlockingQueue<Notification> queue = new ArrayBlockingQueue<>(QUEUE_LENGTH);
  private final CountDownLatch ending = new CountDownLatch(1);

  private final ByteBuffer buffer =
      ByteBuffer.allocateDirect(BUFFER_BYTES).order(ByteOrder.nativeOrder());
  private final long address = Linux.addressOf(buffer);
  private final OutHeader header = new OutHeader(buffer, 0);
  private final InvalInodeOut inode = new InvalInodeOut(buffer, OutHeader.BYTES);
  private final InvalEntryOut entry = new InvalEntryOut(buffer, OutHeader.BYTES);

  /**
   * @param connection which the caller has entered on behalf of the new object
   * @param answers that must not come after what contradicts them
   * @param owed what an earlier daemon owed is told first
   * @param lastResort told if a fault ends the thread that writes them
   */
  KernelNotifier(
      Connection connection,
      Device device,
      Answers answers,
      OwedNotices owed,
      LastResort lastResort) {
    this.lastResort = lastResort;
    this.connection = connection;
    this.sender = new NoticeSender(device);
    this.answers = answers;
    this.owed = owed;
  }

  @Override
  public Runnable owe(List<Notice> notices) {
    Runnable settle = owed.owe(notices);
    return () -> enqueue(new Notification.Settled(settle));
  }

  @Override
  public void invalidateEntry(long parent, byte[] name) {
    if (name.length > NAME_MAX_BYTES) {
      throw new IllegalArgumentException("a name of " + name.length + " bytes");
    }
    enqueue(new Notification.Entry(parent, name.clone()));
    // of a name that it does not know, the kernel would keep the listing it has of the parent
    enqueue(new Notification.Inode(parent));
  }

  @Override
  public void invalidateInode(long node) {
    enqueue(new Notification.Inode(node));
  }

  @Override
  public void writeBack(long node) throws InterruptedException {
    CountDownLatch reached = new CountDownLatch(1);
    enqueue(new Notification.Inode(node));
    enqueue(new Notification.Mark(reached));
    while (!reached.await(100, TimeUnit.MILLISECONDS)) {
      if (hasEnded()) {
        return;
      }
    }
  }

  private void enqueue(Notification notification) {
    boolean interrupted = false;
    boolean taken = false;
    while (!taken && !hasEnded()) {
      try {
        taken = queue.offer(notification, 100, TimeUnit.MILLISECONDS);
      } catch (InterruptedException again) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean hasEnded() {
    return ending.getCount() == 0;
  }

  /** Nobody is left to be told anything. */
  void end() {
    ending.countDown();
    // a thread that waits has an empty queue; one that does not will look by itself
    boolean unused = queue.offer(new Notification.End());
  }

  @Override
  public void run() {
    Precedence precedence = Precedence.take();
    try {
      sender.start(lastResort);
      tellEarlier();
      while (!hasEnded()) {
        tell(queue.take());
      }
    } catch (InterruptedException stop) {
      LOG.warn("the notifier was interrupted: what the kernel has cached may be out of date");
    } finally {
      sender.end();
      precedence.giveBack();
      ending.countDown();
      connection.leave();
    }
  }

  private void tellEarlier() {
    List<Notice> earlier = owed.earlier();
    if (earlier.isEmpty()) {
      return;
    }
    for (Notice notice : earlier) {
      tell(
          notice.name() == null
              ? new Notification.Inode(notice.node())
              : new Notification.Entry(notice.node(), notice.name()));
    }
    owed.settle();
    LOG.info("The kernel was told {} things that an earlier daemon owed it", earlier.size());
  }

  private void tell(Notification next) {
    answers.awaitDelivery();
    if (next instanceof Notification.Entry changed) {
      send(Protocol.NOTIFY_INVAL_ENTRY, writeEntry(changed), changed.parent());
    } else if (next instanceof Notification.Inode changed) {
      inode.node(changed.node());
      inode.offset(0);
      inode.lengthBytes(0);
      send(Protocol.NOTIFY_INVAL_INODE, InvalInodeOut.BYTES, changed.node());
    } else if (next instanceof Notification.Mark mark) {
      mark.reached().countDown();
    } else if (next instanceof Notification.Settled settled) {
      settled.settle().run();
    }
  }

  private int writeEntry(Notification.Entry changed) {
    byte[] name = changed.name();
    int nameAt = OutHeader.BYTES + InvalEntryOut.BYTES;
    entry.parent(changed.parent());
    entry.nameBytes(name.length);
    entry.flags(0);
    buffer.put(nameAt, name);
    buffer.put(nameAt + name.length, (byte) 0);
    return InvalEntryOut.BYTES + name.length + 1;
  }

  /**
   * Sends what is in the buffer; again a little later if the kernel does not know what it is about,
   * but has just been told of it.
   */
  private void send(int code, int bodyBytes, long about) {
    int lengthBytes = OutHeader.BYTES + bodyBytes;
    header.lengthBytes(lengthBytes);
    header.error(code);
    header.unique(0);
    int errno = sender.send(address, lengthBytes);
    if (errno == Errno.ENOENT && answers.awaitKnowledge(about)) {
      errno = sender.send(address, lengthBytes);
    }
    boolean ordinary =
        switch (errno) {
          // what it never knew, a name in what is no directory, an end
          case 0, Errno.ENOENT, Errno.ENOTDIR, Errno.ENODEV, Errno.ENOTCONN -> true;
          default -> hasEnded();
        };
    if (!ordinary) {
      LOG.warn("the kernel refused notification {}: errno {}", code, errno);
    }
  }
}
