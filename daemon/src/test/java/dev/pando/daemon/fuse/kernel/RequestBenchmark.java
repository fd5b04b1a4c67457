package dev.pando.daemon.fuse.kernel;

import dev.pando.daemon.fuse.BlankFile;
import dev.pando.daemon.fuse.Handle;
import dev.pando.daemon.fuse.OpenFiles;
import dev.pando.daemon.fuse.wire.InHeader;
import dev.pando.daemon.fuse.wire.Opcode;
import dev.pando.daemon.fuse.wire.ReadIn;
import dev.pando.daemon.fuse.wire.WriteIn;
import dev.pando.daemon.tree.ErrnoException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.Blackhole;

/**
 * From the bytes of a request in a worker's slot to what the file is asked: opcode, checks, the
 * open file, and the fields.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class RequestBenchmark {
  private static final int PAYLOAD_BYTES = 4096;
  private static final int OPEN = 64;
  private static final int OPCODE_AT = 4;
  private static final int UNIQUE_AT = 8;
  private static final int OFFSET_AT = InHeader.BYTES + 8;
  private static final int SIZE_AT = InHeader.BYTES + 16;

  private final OpenFiles openFiles = new OpenFiles();
  private MountMemory memory;
  private ByteBuffer buffer;
  private Request request;
  private int at;
  private long unique;

  @Setup
  public void open() throws IOException {
    memory = MountMemory.create(1, 1);
    buffer = memory.buffer();
    Slot slot = new Slot(memory, 0, 0);
    request = new Request(slot);
    at = slot.requestAt();
    for (int number = 1; number <= OPEN; number++) {
      openFiles.add(new Handle(2L * number, new BlankFile(number)));
    }
  }

  @TearDown
  public void close() {
    memory.close();
  }

  /** Puts a request into the slot, as the kernel does, and notes that it has come. */
  private Opcode receive(Opcode opcode, int bytes) {
    unique += 2;
    buffer.putInt(at, bytes).putInt(at + OPCODE_AT, opcode.number());
    buffer.putLong(at + UNIQUE_AT, unique);
    buffer.putLong(at + InHeader.BYTES, 2 + 2 * (unique % OPEN));
    buffer.putLong(at + OFFSET_AT, unique << 12).putInt(at + SIZE_AT, PAYLOAD_BYTES);
    request.received(bytes);
    return Opcode.of(request.header.opcode());
  }

  @Benchmark
  public void read(Blackhole file) throws ErrnoException {
    Opcode opcode = receive(Opcode.READ, InHeader.BYTES + ReadIn.BYTES);
    file.consume(opcode.isBelieved());
    request.requireBody(ReadIn.BYTES);
    file.consume(openFiles.get(request.read.fileHandle()).file());
    file.consume(request.read.offset());
    file.consume(request.read.sizeBytes());
  }

  @Benchmark
  public void write(Blackhole file) throws ErrnoException {
    Opcode opcode = receive(Opcode.WRITE, InHeader.BYTES + WriteIn.BYTES + PAYLOAD_BYTES);
    file.consume(opcode.isBelieved());
    request.requireBody(WriteIn.BYTES);
    file.consume(openFiles.get(request.write.fileHandle()).file());
    request.requireBody(WriteIn.BYTES + request.write.sizeBytes());
    file.consume(request.write.offset());
    file.consume(request.bodyAddress(WriteIn.BYTES));
    file.consume(request.write.flags() | request.write.writeFlags());
  }
}
