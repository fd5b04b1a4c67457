package dev.pando.tests.conformance;

import static dev.pando.daemon.tree.Errno.EBADF;
import static dev.pando.daemon.tree.Errno.EINVAL;
import static dev.pando.daemon.tree.Errno.EISDIR;
import static dev.pando.tests.conformance.Posix.FALLOC_KEEP_SIZE;
import static dev.pando.tests.conformance.Posix.FALLOC_PUNCH_HOLE;
import static dev.pando.tests.conformance.Posix.O_APPEND;
import static dev.pando.tests.conformance.Posix.O_CREAT;
import static dev.pando.tests.conformance.Posix.O_RDONLY;
import static dev.pando.tests.conformance.Posix.O_RDWR;
import static dev.pando.tests.conformance.Posix.O_WRONLY;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** copy_file_range(2), and cp(1), which uses it. */
final class CopyRangeTest extends DataTest {
  private static final int SIZE = 3 * MEBIBYTE + 777;

  CopyRangeTest(Volume volume) {
    super(volume);
  }

  /** The other kind of file, so that bytes go between a cached one and a direct one. */
  private static String other(String name) {
    return name.equals("data.bin") ? "target.raw" : "target.bin";
  }

  /** Copies all of a range; a file system may copy it piece by piece. */
  private static void copy(int in, long from, int out, long to, long length) {
    for (long done = 0; done < length; ) {
      long copied = Posix.copyFileRange(in, from + done, out, to + done, length - done);
      assertEquals(Math.max(1, copied), copied, "copied at " + done + " of " + length);
      done += copied;
    }
  }

  @EachFile
  void aWholeFileIsCopiedToAnEmptyOne(String name) {
    byte[] data = data(SIZE);
    int in = create(name, data);
    for (String to : new String[] {"copy-" + name, other(name)}) {
      int out = create(to);
      copy(in, 0, out, 0, SIZE);
      assertArrayEquals(data, contentOf(out));
      assertArrayEquals(data, contentOf(in));
    }
  }

  @EachFile
  void aPartLandsWhereItIsSentAndNothingElseChanges(String name) {
    byte[] source = data(SIZE);
    byte[] target = data(SIZE);
    int in = create(name, source);
    int out = create(other(name));
    int[][] parts = {
      // from, to, length
      {0, 0, BLOCK_BYTES},
      {BLOCK_BYTES, 8 * BLOCK_BYTES, MEBIBYTE},
      {0, MEBIBYTE + BLOCK_BYTES, 2 * MEBIBYTE - BLOCK_BYTES},
      {100, BLOCK_BYTES + 100, 2 * MEBIBYTE},
      {100, BLOCK_BYTES + 100, 10},
      {100, 5000, 2 * MEBIBYTE},
      {3, 0, 1},
      {MEBIBYTE - 1, MEBIBYTE - 1, 2},
      {0, SIZE - 10, 10},
      {SIZE - 777, SIZE - 777, 777},
      {SIZE - 777, BLOCK_BYTES, 777},
      {SIZE - 5000, SIZE - 5001, 5000},
    };
    for (int[] part : parts) {
      Posix.pwrite(out, target, 0);
      copy(in, part[0], out, part[1], part[2]);
      byte[] piece = Arrays.copyOfRange(source, part[0], part[0] + part[2]);
      assertArrayEquals(with(target, part[1], piece), contentOf(out), Arrays.toString(part));
    }
    assertArrayEquals(source, contentOf(in));
  }

  @EachFile
  void aCopyMayMakeItsTargetLonger(String name) {
    byte[] source = data(SIZE);
    int in = create(name, source);
    for (int at : new int[] {SIZE, 4 * MEBIBYTE, 5 * MEBIBYTE + 123}) {
      int out = create("at" + at + "-" + other(name));
      byte[] start = data(10_000);
      Posix.pwrite(out, start, 0);
      copy(in, 1000, out, at, SIZE - 1000);
      byte[] piece = Arrays.copyOfRange(source, 1000, SIZE);
      assertArrayEquals(with(start, at, piece), contentOf(out));
    }
  }

  @EachFile
  void aRangeIsCopiedWithinOneFile(String name) {
    byte[] data = data(SIZE);
    int fd = create(name, data);
    int[][] parts = {
      {0, MEBIBYTE, MEBIBYTE},
      {2 * MEBIBYTE, 0, MEBIBYTE},
      {1, 2 * MEBIBYTE, 9999},
      {5, 6000, 5995},
      {0, SIZE, 5000},
    };
    for (int[] part : parts) {
      copy(fd, part[0], fd, part[1], part[2]);
      data = with(data, part[1], Arrays.copyOfRange(data, part[0], part[0] + part[2]));
      assertArrayEquals(data, contentOf(fd), Arrays.toString(part));
    }
  }

  @EachFile
  void rangesOfOneFileThatOverlapAreRefused(String name) {
    byte[] data = data(SIZE);
    int fd = create(name, data);
    int second = open(name, O_RDWR);
    refused(EINVAL, () -> Posix.copyFileRange(fd, 0, fd, 0, 100));
    refused(EINVAL, () -> Posix.copyFileRange(fd, 0, second, 99, 100));
    refused(EINVAL, () -> Posix.copyFileRange(fd, MEBIBYTE, second, 0, MEBIBYTE + 1));
    assertArrayEquals(data, contentOf(fd));
  }

  @EachFile
  void pastTheEndThereIsNothingToCopy(String name) {
    byte[] data = data(5000);
    int in = create(name, data);
    int out = create(other(name));
    assertEquals(0, Posix.copyFileRange(in, 5000, out, 0, 100));
    assertEquals(0, Posix.copyFileRange(in, TEBIBYTE, out, 0, 100));
    assertEquals(0, Posix.copyFileRange(in, 0, out, 0, 0));
    assertEquals(0, sizeOf(out));
    assertEquals(1000, Posix.copyFileRange(in, 4000, out, 10, GIBIBYTE));
    assertEquals(1010, sizeOf(out));
  }

  @EachFile
  void holesAreCopiedAsZeros(String name) {
    byte[] data = data(SIZE);
    int in = create(name, data);
    int punched = MEBIBYTE + 3 * BLOCK_BYTES;
    Posix.fallocate(in, FALLOC_PUNCH_HOLE | FALLOC_KEEP_SIZE, BLOCK_BYTES, punched);
    byte[] expected = with(data, BLOCK_BYTES, zeros(punched));
    int out = create(other(name), data(SIZE));
    copy(in, 0, out, 0, SIZE);
    assertArrayEquals(expected, contentOf(out));
  }

  @EachFile
  void whatWasJustWrittenIsCopied(String name) {
    int in = create(name);
    int out = create(other(name));
    byte[] expected = zeros(SIZE);
    Random random = new Random(SIZE);
    for (int i = 0; i < 50; i++) {
      byte[] piece = data(1 + random.nextInt(20_000));
      int at = random.nextInt(SIZE - piece.length);
      Posix.pwrite(in, piece, at);
      expected = with(expected, at, piece);
      copy(in, at, out, at, piece.length);
    }
    byte[] content = contentOf(out);
    assertArrayEquals(Arrays.copyOf(expected, content.length), content);
  }

  @EachFile
  void afterACopyEachSideKeepsItsWritesToItself(String name) {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    byte[][] content = new byte[3][];
    int[] fds = new int[3];
    content[0] = data(SIZE);
    fds[0] = create(name, content[0]);
    for (int i = 1; i < 3; i++) {
      fds[i] = create(i + "-" + (i == 1 ? name : other(name)));
      copy(fds[0], 0, fds[i], 0, SIZE);
      content[i] = content[0].clone();
    }
    for (int i = 0; i < 300; i++) {
      int side = random.nextInt(3);
      byte[] piece = data(1 + random.nextInt(random.nextBoolean() ? 600 : 30_000));
      int at = random.nextInt(SIZE - piece.length);
      Posix.pwrite(fds[side], piece, at);
      content[side] = with(content[side], at, piece);
    }
    for (int i = 0; i < 3; i++) {
      assertArrayEquals(content[i], contentOf(fds[i]), "file " + i + ", seed " + seed);
    }
  }

  @EachFile
  void whatAHandleMayNotDoIsRefused(String name) {
    int both = create(name, data(5000));
    int target = create(other(name), data(5000));
    int writeOnly = open(name, O_WRONLY);
    int readOnly = open(other(name), O_RDONLY);
    int appending = open(other(name), O_RDWR | O_APPEND);
    int folder = open(".", O_RDONLY);
    refused(EBADF, () -> Posix.copyFileRange(writeOnly, 0, target, 0, 100));
    refused(EBADF, () -> Posix.copyFileRange(both, 0, readOnly, 0, 100));
    refused(EBADF, () -> Posix.copyFileRange(both, 0, appending, 0, 100));
    refused(EISDIR, () -> Posix.copyFileRange(folder, 0, target, 0, 100));
    refused(EISDIR, () -> Posix.copyFileRange(both, 0, folder, 0, 100));
    refused(EINVAL, () -> Posix.copyFileRange(both, 0, target, 0, 100, 1));
    assertEquals(5000, sizeOf(target));
  }

  @Test
  void cpMakesTheSameFileWithAndWithoutHoles() throws Exception {
    int fd = open("disk.raw", O_CREAT | O_RDWR);
    Posix.pwrite(fd, data(2 * MEBIBYTE), 0);
    Posix.pwrite(fd, data(100_000), 8 * MEBIBYTE + 5);
    Posix.pwrite(fd, zeros(MEBIBYTE), 9 * MEBIBYTE);
    Posix.ftruncate(fd, 12 * MEBIBYTE + 1);
    shell(
            """
            set -e
            cp --reflink=auto disk.raw auto.raw && cmp disk.raw auto.raw
            cp --sparse=always disk.raw always.raw && cmp disk.raw always.raw
            cp --sparse=never disk.raw never.bin && cmp disk.raw never.bin
            cp --sparse=always never.bin again.raw && cmp disk.raw again.raw
            cat disk.raw > cat.bin && cmp disk.raw cat.bin
            """)
        .succeeded();
    assertTrue(storedBytes(open("always.raw", O_RDONLY)) <= 3 * MEBIBYTE);
    assertTrue(storedBytes(open("again.raw", O_RDONLY)) <= 3 * MEBIBYTE);
  }
}
