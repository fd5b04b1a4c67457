package dev.pando.daemon.fuse.kernel;

import dev.pando.daemon.fuse.OpenFiles;
import dev.pando.daemon.fuse.ServedMount;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The connection with the kernel as long as anybody uses it: workers, the notifier, parked
 * requests. The last of them to leave closes the devices and releases what is still open; never
 * before, for a reply sent by a number that has become another file's would be written into that
 * file.
 */
final class Connection implements ServedMount.Serving {
  private final List<Device> devices;
  private final MountMemory slots;
  private final OpenFiles openFiles;
  private final AtomicInteger users = new AtomicInteger();
  private final CountDownLatch ended = new CountDownLatch(1);

  Connection(List<Device> devices, MountMemory slots, OpenFiles openFiles) {
    this.devices = List.copyOf(devices);
    this.slots = slots;
    this.openFiles = openFiles;
  }

  List<Device> devices() {
    return devices;
  }

  /** One more uses it. Either before any has left, or while the caller itself uses it. */
  void enter() {
    users.incrementAndGet();
  }

  /** One uses it no more. */
  void leave() {
    if (users.decrementAndGet() > 0) {
      return;
    }
    try {
      openFiles.releaseAll();
    } finally {
      devices.forEach(Device::close);
      slots.close();
      ended.countDown();
    }
  }

  @Override
  public boolean hasEnded() {
    return ended.getCount() == 0;
  }

  @Override
  public boolean awaitEnd(Duration limit) throws InterruptedException {
    return ended.await(limit.toNanos(), TimeUnit.NANOSECONDS);
  }
}
