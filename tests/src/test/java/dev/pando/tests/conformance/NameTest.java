package dev.pando.tests.conformance;

import static dev.pando.daemon.tree.Errno.ENAMETOOLONG;
import static dev.pando.daemon.tree.Errno.ENOENT;
import static dev.pando.daemon.tree.Errno.ENOTDIR;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Names and paths: what bytes, and how many. */
final class NameTest extends VolumeTest {
  private static final int NAME_MAX = 255;
  private static final int PATH_MAX = 4096;

  private final List<byte[]> made = new ArrayList<>();

  NameTest(Volume volume) {
    super(volume);
  }

  /** Names as no Java path can have them. */
  private void touch(byte[] name) {
    byte[] path = Posix.bytes(directory(), name);
    Posix.close(Posix.open(path, Posix.O_CREAT | Posix.O_EXCL | Posix.O_WRONLY, 0644));
    made.add(path);
  }

  @AfterEach
  void removeAll() {
    made.forEach(Posix::unlink);
  }

  private static byte[] latin(String name) {
    return name.getBytes(ISO_8859_1);
  }

  @Test
  void aNameIsAnyBytesButSlashAndNul() {
    Set<String> names = new TreeSet<>();
    for (int b = 1; b < 256; b++) {
      if (b != '/' && b != '.') {
        names.add(String.valueOf((char) b));
      }
      if (b != '/') {
        names.add("a" + (char) b + "z");
      }
    }
    names.forEach(name -> touch(latin(name)));
    assertEquals(names, new TreeSet<>(Listing.names(directory())));
    for (String name : names) {
      Posix.Stat stat = Posix.statx(Posix.AT_FDCWD, Posix.bytes(directory(), latin(name)), 0);
      assertEquals(1, stat.links());
    }
  }

  @Test
  void namesOfRandomBytesAreKept() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    Set<String> names = new TreeSet<>();
    for (int name = 0; name < 200; name++) {
      byte[] bytes = new byte[1 + random.nextInt(NAME_MAX)];
      for (int at = 0; at < bytes.length; at++) {
        int b = 1 + random.nextInt(255);
        bytes[at] = (byte) (b == '/' || b == '.' ? 'x' : b);
      }
      if (names.add(new String(bytes, ISO_8859_1))) {
        touch(bytes);
      }
    }
    assertEquals(names, new TreeSet<>(Listing.names(directory())), "seed " + seed);
  }

  @Test
  void namesThatDifferInCaseOrInNormalizationDiffer() {
    List<String> names =
        List.of("a", "A", "\u00e9", "e\u0301", "...", ".a", "a.", " ", "a ", "a\n");
    for (String name : names) {
      touch(Posix.bytes(name));
    }
    assertEquals(names.size(), Listing.names(directory()).size());
  }

  @Test
  void aNameHas255BytesAndNoMore() {
    String longest = "n".repeat(NAME_MAX);
    touch(latin(longest));
    assertEquals(List.of(longest), Listing.names(directory()));
    String tooLong = longest + "n";
    refused(ENAMETOOLONG, () -> Posix.stat(at(tooLong)));
    refused(ENAMETOOLONG, () -> Posix.open(at(tooLong), Posix.O_CREAT | Posix.O_RDWR, 0644));
    refused(ENAMETOOLONG, () -> Posix.mkdir(at(tooLong), 0755));
    refused(ENAMETOOLONG, () -> Posix.mknod(at(tooLong), Posix.S_IFIFO | 0644, 0));
    refused(ENAMETOOLONG, () -> Posix.symlink(Posix.bytes("x"), at(tooLong)));
    refused(ENAMETOOLONG, () -> Posix.link(at(longest), at(tooLong)));
    refused(ENAMETOOLONG, () -> Posix.rename(at(longest), at(tooLong)));
    refused(ENAMETOOLONG, () -> Posix.rename(at(tooLong), at("x")));
    refused(ENAMETOOLONG, () -> Posix.unlink(at(tooLong)));
    refused(ENAMETOOLONG, () -> Posix.rmdir(at(tooLong)));
  }

  @Test
  void aPathHas4095BytesAndNoMore() {
    StringBuilder path = new StringBuilder(directory().toString());
    while (path.length() + NAME_MAX + 1 < PATH_MAX - 1) {
      path.append('/').append("d".repeat(NAME_MAX - 1));
      Posix.mkdir(Posix.bytes(path.toString()), 0755);
    }
    int rest = PATH_MAX - 1 - path.length();
    path.append('/').append("f".repeat(rest - 1));
    byte[] longest = Posix.bytes(path.toString());
    assertEquals(PATH_MAX - 1, longest.length);
    Posix.close(Posix.open(longest, Posix.O_CREAT | Posix.O_WRONLY, 0644));
    made.add(longest);
    assertEquals(1, Posix.statx(Posix.AT_FDCWD, longest, 0).links());
    byte[] tooLong = Posix.bytes(path + "f");
    refused(ENAMETOOLONG, () -> Posix.statx(Posix.AT_FDCWD, tooLong, 0));
    refused(ENAMETOOLONG, () -> Posix.open(tooLong, Posix.O_CREAT | Posix.O_RDWR, 0644));
  }

  @Test
  void anEmptyNameIsNoName() {
    refused(ENOENT, () -> Posix.open(new byte[0], Posix.O_RDONLY, 0));
    refused(ENOENT, () -> Posix.mkdir(new byte[0], 0755));
  }

  @Test
  void slashesAtTheEndNameADirectory() {
    Posix.mkdir(Posix.bytes(directory() + "/d//"), 0755);
    make("file", "text");
    assertEquals(2, Posix.statx(Posix.AT_FDCWD, Posix.bytes(directory() + "/d///"), 0).links());
    refused(ENOTDIR, () -> Posix.statx(Posix.AT_FDCWD, Posix.bytes(directory() + "/file/"), 0));
  }
}
