package dev.pando.daemon.fuse.kernel;

import dev.pando.daemon.fuse.OpenFiles;
import dev.pando.daemon.tree.FileSystem;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.stream.Collectors;

/**
 * The small slots: room for requests that wait for durability and keep no worker meanwhile. Each
 * one in use is a user of the connection. Thread-safe.
 */
final class ParkingLot {
  private final Connection connection;
  private final ArrayBlockingQueue<ParkedRequest> free;

  /** Those that an earlier daemon left, until they are taken up. */
  private final List<ParkedRequest> leftBehind = new ArrayList<>();

  ParkingLot(Connection connection, MountMemory memory, int places) {
    this.connection = connection;
    this.free = new ArrayBlockingQueue<>(places);
    for (int index = 0; index < places; index++) {
      ParkedRequest place = new ParkedRequest(this, memory, index);
      if (place.leftBehind() == 0) {
        free.add(place);
      } else {
        leftBehind.add(place);
      }
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

  /** The numbers of the requests that an earlier daemon left. */
  Set<Long> leftBehind() {
    return leftBehind.stream().map(ParkedRequest::leftBehind).collect(Collectors.toSet());
  }

  /** Takes them up. The caller uses the connection itself; once, before workers run. */
  void takeUp(List<Device> devices, FileSystem fileSystem, OpenFiles openFiles) {
    for (ParkedRequest parked : leftBehind) {
      connection.enter();
      parked.takeUp(devices, fileSystem, openFiles);
    }
    leftBehind.clear();
  }

  void free(ParkedRequest parked) {
    free.add(parked);
    connection.leave();
  }
}
