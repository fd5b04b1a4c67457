package dev.pando.daemon.fuse.kernel;

import java.util.concurrent.ArrayBlockingQueue;

/**
 * The small slots: room for requests that wait for durability and keep no worker meanwhile. Each
 * one in use is a user of the connection. Thread-safe.
 */
final class ParkingLot {
  private final Connection connection;
  private final ArrayBlockingQueue<ParkedRequest> free;

  ParkingLot(Connection connection, SlotMemory memory, int places) {
    this.connection = connection;
    this.free = new ArrayBlockingQueue<>(places);
    for (int index = 0; index < places; index++) {
      free.add(new ParkedRequest(this, memory, index));
    }
  }

  /**
   * Takes over a worker's request.
   *
   * @param written what a WRITE will be answered, or {@link ParkedRequest#NO_BODY}
   * @return what to complete, or null if there is no room
   */
  ParkedRequest park(Request request, Device device, int written) {
    ParkedRequest parked = free.poll();
    if (parked != null) {
      connection.enter();
      parked.take(request, device, written);
    }
    return parked;
  }

  void free(ParkedRequest parked) {
    free.add(parked);
    connection.leave();
  }
}
