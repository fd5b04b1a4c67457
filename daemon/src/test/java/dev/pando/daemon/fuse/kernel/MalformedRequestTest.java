package dev.pando.daemon.fuse.kernel;

import static dev.pando.daemon.fuse.kernel.FakeKernel.body;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.daemon.fuse.kernel.FakeKernel.Answer;
import dev.pando.daemon.fuse.kernel.SampleRequests.Sample;
import dev.pando.daemon.fuse.wire.EntryOut;
import dev.pando.daemon.fuse.wire.InHeader;
import dev.pando.daemon.fuse.wire.Opcode;
import dev.pando.daemon.tree.Errno;
import dev.pando.daemon.tree.FileSystem;
import dev.pando.daemon.tree.TreeBench;
import dev.pando.testing.Patience;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Requests that no kernel sends, asked of a real tree: each that wants an answer gets exactly one,
 * and nothing else is harmed.
 */
@Timeout(Patience.HANG_SECONDS)
class MalformedRequestTest {
  private static final int MUTATIONS = 12_000 * Integer.getInteger("pando.long", 1);

  /** How many requests are made about one directory before there is a new one. */
  private static final int REQUESTS_A_DIRECTORY = 200;

  private static final int PARKING_PLACES = 4;

  /** The largest errno of Linux: EHWPOISON. */
  private static final int MAX_ERRNO = 133;

  private static final long[] INTERESTING = {
    0,
    1,
    2,
    -1,
    255,
    4095,
    4096,
    1 << 16,
    (1 << 20) - 1,
    1 << 20,
    (1 << 20) + 1,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE,
    1L << 32,
    1L << 44,
    1L << 62,
    Long.MAX_VALUE - 4096,
    Long.MAX_VALUE,
    Long.MIN_VALUE
  };

  @TempDir Path directory;
  private long seed;
  private Random random;
  private SampleRequests samples;

  /** Whose answers are still to come. */
  private final Set<Long> awaited = new HashSet<>();

  /** Every file handle that was given out. */
  private final Set<Long> opened = new HashSet<>();

  @BeforeEach
  void seed() {
    seed = Long.getLong("pando.test.seed", System.nanoTime());
    System.out.println("MalformedRequestTest: -Dpando.test.seed=" + seed);
    random = new Random(seed);
  }

  @Test
  void mutatedRequestsAreAnsweredOnceAndHarmNothing() throws Exception {
    try (TreeBench bench = new TreeBench(directory)) {
      try (FakeKernel kernel = new FakeKernel(bench.tree(), PARKING_PLACES)) {
        for (int step = 0; step < MUTATIONS; step++) {
          if (step % REQUESTS_A_DIRECTORY == 0) {
            samples = new SampleRequests(kernel, bench, "d" + step, random);
            opened.addAll(samples.handles());
          }
          ask(kernel, mutated(samples.any()));
          assertServes(kernel);
          assertEquals(Set.of(), kernel.faults(), () -> "seed " + seed);
        }
        assertAllCloses(kernel);
      }
      TreeCheck before = TreeCheck.of(bench.tree());
      bench.reopen();
      assertEquals(before, TreeCheck.of(bench.tree()), () -> "seed " + seed);
    }
  }

  /** Sends a request as it is, and takes its answer if it wants one. */
  private void ask(FakeKernel kernel, byte[] request) {
    ByteBuffer fields = ByteBuffer.wrap(request).order(ByteOrder.nativeOrder());
    if (request.length < InHeader.BYTES) {
      kernel.send(request);
      return;
    }
    Opcode opcode = Opcode.of(fields.getInt(4));
    long unique = kernel.nextUnique();
    fields.putLong(8, unique);
    kernel.send(request);
    if (!opcode.isOneWay()) {
      awaited.add(unique);
      take(kernel, opcode);
    }
  }

  private void take(FakeKernel kernel, Opcode opcode) {
    Answer answer = kernel.answer();
    assertTrue(awaited.remove(answer.unique()), () -> answer + ", seed " + seed);
    assertTrue(
        answer.error() <= 0 && answer.error() >= -MAX_ERRNO,
        () -> opcode + " " + answer + ", seed " + seed);
    assertTrue(answer.error() == 0 || answer.lengthBytes() == 16, "an error has no body");
    if (answer.error() == 0) {
      switch (opcode) {
        case OPEN -> opened.add(kernel.bodyLong(0));
        case CREATE, TMPFILE -> opened.add(kernel.bodyLong(EntryOut.BYTES));
        default -> {
          // opens nothing
        }
      }
    }
  }

  private void assertAllCloses(FakeKernel kernel) {
    for (long handle : opened) {
      kernel.ask(Opcode.RELEASE, FileSystem.ROOT, body(handle, 0, 0, 0L));
      kernel.answer(); // or it was closed by a mutated request
    }
    assertEquals(0, kernel.openFiles().count(), () -> "seed " + seed);
  }

  /** A good request works: about the root, and about the directory of the samples. */
  private void assertServes(FakeKernel kernel) {
    for (long node : new long[] {FileSystem.ROOT, samples.directory()}) {
      long unique = kernel.ask(Opcode.GETATTR, node, body(0, 0, 0L));
      Answer answer = kernel.answer();
      assertEquals(unique, answer.unique(), () -> "an answer that nobody awaits, seed " + seed);
      if (node == FileSystem.ROOT) {
        assertEquals(0, answer.error(), () -> "seed " + seed);
      }
    }
  }

  // ---- mutations

  private byte[] mutated(Sample sample) {
    byte[] request = whole(sample);
    int mutations = random.nextInt(4);
    for (int i = 0; i < mutations; i++) {
      request = mutated(request);
    }
    if (request.length >= 4 && random.nextInt(10) > 0) {
      ByteBuffer.wrap(request).order(ByteOrder.nativeOrder()).putInt(0, request.length);
    }
    return request;
  }

  private static byte[] whole(Sample sample) {
    return body(
        InHeader.BYTES + sample.body().length,
        sample.opcode().number(),
        0L,
        sample.node(),
        0,
        0,
        0,
        0,
        sample.body());
  }

  private byte[] mutated(byte[] request) {
    return switch (random.nextInt(9)) {
      case 0 -> Arrays.copyOf(request, 1 + random.nextInt(request.length));
      case 1 -> extended(request);
      case 2 -> withBitFlipped(request);
      case 3 -> withOtherName(request);
      case 4 -> withNumber(request, 4, random.nextInt(64));
      case 5 -> withNumber(request, 16, random.nextBoolean() ? samples.anyNumber() : number());
      default -> withNumber(request, InHeader.BYTES + 4 * random.nextInt(14), number());
    };
  }

  private long number() {
    return switch (random.nextInt(4)) {
      case 0 -> samples.anyNumber();
      case 1 -> random.nextLong();
      default -> INTERESTING[random.nextInt(INTERESTING.length)];
    };
  }

  private byte[] extended(byte[] request) {
    byte[] tail = new byte[random.nextInt(random.nextInt(20) == 0 ? 100_000 : 300)];
    if (random.nextBoolean()) {
      random.nextBytes(tail);
    } else {
      Arrays.fill(tail, (byte) 'a');
    }
    byte[] longer = Arrays.copyOf(request, request.length + tail.length);
    System.arraycopy(tail, 0, longer, request.length, tail.length);
    return longer;
  }

  private byte[] withBitFlipped(byte[] request) {
    byte[] flipped = request.clone();
    flipped[random.nextInt(flipped.length)] ^= (byte) (1 << random.nextInt(8));
    return flipped;
  }

  /** Puts a name that can not be, or means something, where the request may have one. */
  private byte[] withOtherName(byte[] request) {
    String[] names = {
      "", ".", "..", "/", "a/b", "file", "sub", "a".repeat(255), "a".repeat(256), "a".repeat(1025)
    };
    byte[] name = (names[random.nextInt(names.length)] + "\0").getBytes(US_ASCII);
    int at = Math.min(request.length, InHeader.BYTES + 8 * random.nextInt(4));
    byte[] renamed = Arrays.copyOf(request, at + name.length + random.nextInt(10));
    System.arraycopy(name, 0, renamed, at, name.length);
    return renamed;
  }

  /** Overwrites 4 or 8 bytes, as many as there are. */
  private byte[] withNumber(byte[] request, int at, long number) {
    byte[] changed = request.clone();
    byte[] bytes =
        ByteBuffer.allocate(Long.BYTES).order(ByteOrder.nativeOrder()).putLong(number).array();
    int length = at == 4 || random.nextBoolean() ? Integer.BYTES : Long.BYTES;
    int room = Math.max(0, Math.min(length, changed.length - at));
    System.arraycopy(bytes, 0, changed, Math.min(at, changed.length), room);
    return changed;
  }

  // ---- by name

  @Test
  void whatIsTooShortForAHeaderIsPassedOver() throws Exception {
    try (TreeBench bench = new TreeBench(directory);
        FakeKernel kernel = new FakeKernel(bench.tree(), 1)) {
      samples = new SampleRequests(kernel, bench, "d", random);
      for (int length = 1; length < InHeader.BYTES; length++) {
        byte[] whole = whole(new Sample(Opcode.STATFS, FileSystem.ROOT, new byte[0]));
        ask(kernel, Arrays.copyOf(whole, length));
        assertServes(kernel);
      }
    }
  }

  @Test
  void aLengthOtherThanWhatCameIsInvalidForEveryOpcode() throws Exception {
    try (TreeBench bench = new TreeBench(directory);
        FakeKernel kernel = new FakeKernel(bench.tree(), 1)) {
      samples = new SampleRequests(kernel, bench, "d", random);
      for (Opcode opcode : Opcode.values()) {
        if (!opcode.isOneWay()) {
          long unique = kernel.ask(opcode.number(), 4000, samples.directory(), new byte[120]);
          assertEquals(new Answer(16, -Errno.EINVAL, unique), kernel.answer(), opcode.name());
        }
      }
    }
  }

  @Test
  void aNameThatIsTooLongIsSaidToBe() throws Exception {
    byte[] name = ("a".repeat(256) + "\0").getBytes(US_ASCII);
    try (TreeBench bench = new TreeBench(directory);
        FakeKernel kernel = new FakeKernel(bench.tree(), 1)) {
      Object[][] cases = {
        {Opcode.LOOKUP, body(new Object[] {name})},
        {Opcode.MKDIR, body(0755, 0, name)},
        {Opcode.MKNOD, body(0100644, 0, 0, 0, name)},
        {Opcode.CREATE, body(2, 0100644, 0, 0, name)},
        {Opcode.SYMLINK, body(name, new byte[] {'t', 0})},
        {Opcode.UNLINK, body(new Object[] {name})},
        {Opcode.RMDIR, body(new Object[] {name})},
        {Opcode.RENAME, body(1L, new byte[] {'t', 0}, name)},
        {Opcode.RENAME2, body(1L, 1, 0, name, new byte[] {'t', 0})},
      };
      for (Object[] tooLong : cases) {
        long unique = kernel.ask((Opcode) tooLong[0], FileSystem.ROOT, (byte[]) tooLong[1]);
        assertEquals(
            new Answer(16, -Errno.ENAMETOOLONG, unique), kernel.answer(), tooLong[0].toString());
      }
    }
  }
}
