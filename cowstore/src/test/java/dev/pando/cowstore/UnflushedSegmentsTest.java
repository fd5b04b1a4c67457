package dev.pando.cowstore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.cowstore.io.FailingIo;
import dev.pando.cowstore.io.FailingIo.Call;
import dev.pando.cowstore.io.NativeBuffer;
import dev.pando.cowstore.io.RecordingIo;
import dev.pando.cowstore.segment.Block;
import dev.pando.cowstore.segment.Segments;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An fsync flushes what its file wrote, and what it was given unflushed; nothing else. */
final class UnflushedSegmentsTest {
  private static final int BLOCK = 4096;
  private static final int MIB = 1 << 20;
  private static final int ROUNDS = 20_000;
  private static final int MANY = 100;

  @TempDir Path directory;

  private final FailingIo io = new FailingIo(new RecordingIo());

  @Test
  void aForkFlushesNothingThatItsSourceWritesLater() throws Exception {
    try (CowStore store = open()) {
      Bytes bytes = new Bytes(store);
      CowFile source = create(store, 1);
      bytes.fill(source, 0, 4 * MIB, 1);
      CowFile fork = fork(store, source, 2);
      bytes.fill(fork, 0, BLOCK, 2);
      Flush.sync(fork);
      for (int round = 0; round < 3; round++) {
        bytes.fill(source, 0, 4 * MIB, 3 + round);
        bytes.fill(fork, 0, BLOCK, 3 + round);
        assertEquals(1, flushesOf(fork), "its own segment");
        assertEquals(0, flushesOf(fork), "there is nothing left");
      }
      assertEquals(1, flushesOf(source));
    }
  }

  /** Each generation writes to segments of its own; none hands them on once they are flushed. */
  @Test
  void aLongLineOfForksFlushesOneSegment() throws Exception {
    try (CowStore store = open()) {
      Bytes bytes = new Bytes(store);
      List<CowFile> line = new ArrayList<>();
      for (int group = 1; group <= 6; group++) {
        line.add(line.isEmpty() ? create(store, group) : fork(store, line.get(group - 2), group));
        bytes.fill(line.get(group - 1), 0, 8 * BLOCK, group);
        Flush.sync(line.get(group - 1));
      }
      for (CowFile file : line) {
        bytes.fill(file, 0, 8 * BLOCK, 9);
      }
      CowFile last = line.get(line.size() - 1);
      assertEquals(1, flushesOf(last));
      assertEquals(1, last.unflushed.size());
      store.commit();
      line.forEach(file -> assertEquals(0, file.unflushed.size(), "a commit made all durable"));
    }
  }

  @Test
  void aNeighbourInTheSameSegmentLeavesASyncedFileNothingToFlush() throws Exception {
    try (CowStore store = open()) {
      Bytes bytes = new Bytes(store);
      CowFile file = create(store, 1);
      CowFile neighbour = create(store, 1);
      bytes.fill(file, 0, 8 * BLOCK, 1);
      assertEquals(1, flushesOf(file));
      bytes.fill(neighbour, 0, 8 * BLOCK, 2);
      assertEquals(0, flushesOf(file));
      assertEquals(1, flushesOf(neighbour));
    }
  }

  @Test
  void aForkAndACopiedRangeFlushWhatTheirSourceHadNot() throws Exception {
    for (boolean range : new boolean[] {false, true}) {
      try (Machine machine = new Machine(directory.resolve("machine-" + range))) {
        Bytes bytes = new Bytes(machine.store());
        CowFile source = create(machine.store(), 1);
        bytes.fill(source, 0, 256 * BLOCK, 1);
        machine.store().commit();
        bytes.fill(source, 0, 256 * BLOCK, 2); // in place: no commit makes it durable at once
        CowFile target = range ? create(machine.store(), 2) : fork(machine.store(), source, 2);
        if (range) {
          bytes.fill(target, 200 * BLOCK, BLOCK, 3);
          assertEquals(128 * BLOCK, source.copyRange(BLOCK, target, BLOCK, 128 * BLOCK), "shared");
        }
        Flush.sync(target);
        machine.losePower(1);
        CowFile found = machine.store().file(target.id());
        new Bytes(machine.store()).requireFilled(found, BLOCK, 128 * BLOCK, 2);
      }
    }
  }

  @Test
  void whatIsWrittenWhileAllThatIsFlushedIsForgottenStaysNoted() throws Exception {
    for (int segment = 0; segment <= MANY; segment++) {
      Files.createFile(directory.resolve("%08x".formatted(segment)));
    }
    NativeBuffer memory = NativeBuffer.of(BLOCK);
    UnflushedSegments noted = new UnflushedSegments();
    AtomicBoolean stopped = new AtomicBoolean();
    try (Segments segments = Segments.open(directory, new RecordingIo())) {
      for (int segment = 1; segment <= MANY; segment++) {
        segments.write((long) segment * Block.PER_SEGMENT, 0, memory.address(), 1);
        noted.note(segment); // so that to look through all takes a while
      }
      Crew crew = new Crew();
      crew.start(
          () -> {
            while (!stopped.get()) {
              noted.forgetFlushed(segments);
            }
          });
      int lost = 0;
      for (int round = 0; round < ROUNDS; round++) {
        noted.note(0);
        segments.write(1, 0, memory.address(), 1);
        segments.flush(0, segments.writes(0));
        segments.write(1, 0, memory.address(), 1);
        noted.note(0);
        lost += MANY + 1 - noted.size();
      }
      stopped.set(true);
      crew.join();
      assertEquals(0, lost, "of " + ROUNDS + " writes");
    }
  }

  @Test
  void whatIsWrittenWhileOthersAskIsNotFlushed() throws Exception {
    Files.createFile(directory.resolve("%08x".formatted(0)));
    NativeBuffer memory = NativeBuffer.of(BLOCK);
    UnflushedSegments noted = new UnflushedSegments();
    AtomicBoolean stopped = new AtomicBoolean();
    try (Segments segments = Segments.open(directory, new RecordingIo())) {
      Crew crew = new Crew();
      for (int asking = 0; asking < 2; asking++) {
        crew.start(
            () -> {
              while (!stopped.get()) {
                noted.areFlushed(segments);
              }
            });
      }
      int lost = 0;
      for (int round = 0; round < ROUNDS; round++) {
        segments.write(1, 0, memory.address(), 1);
        noted.note(0);
        segments.flush(0, segments.writes(0));
        segments.write(1, 0, memory.address(), 1);
        noted.note(0);
        lost += noted.areFlushed(segments) ? 1 : 0;
        noted.flush(segments);
        assertTrue(noted.areFlushed(segments));
      }
      stopped.set(true);
      crew.join();
      assertEquals(0, lost, "of " + ROUNDS + " writes");
    }
  }

  private CowStore open() throws StoreException {
    return CowStore.open(directory.resolve("store"), Machine.options().withIo(io));
  }

  private static CowFile create(CowStore store, long group) throws StoreException {
    long id = store.nextNumber();
    store.change().createFile(id, group).apply();
    return store.file(id);
  }

  private static CowFile fork(CowStore store, CowFile source, long group) throws StoreException {
    long id = store.nextNumber();
    store.change().fork(source, id, group).apply();
    return store.file(id);
  }

  private long flushesOf(CowFile file) throws Exception {
    long before = io.count(Call.SYNC);
    Flush.sync(file);
    return io.count(Call.SYNC) - before;
  }
}
