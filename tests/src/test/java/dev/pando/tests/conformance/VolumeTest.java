package dev.pando.tests.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.pando.tests.Outcome;
import dev.pando.tests.Program;
import java.io.IOException;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** A class of cases, run on every volume; each case has an empty directory there. */
@ExtendWith(Volumes.class)
@ParameterizedClass
@EnumSource(Volume.class)
abstract class VolumeTest {
  private static final int TEXT_BYTES = 1 << 16;

  private final Volume volume;
  private Path directory;

  VolumeTest(Volume volume) {
    this.volume = volume;
  }

  @BeforeEach
  void makeDirectory(TestInfo test) throws IOException {
    Method method = test.getTestMethod().orElseThrow();
    excuse(method);
    excuse(method.getDeclaringClass());
    directory = Volumes.newDirectory(volume);
  }

  private void excuse(AnnotatedElement cases) {
    for (NotOn excuse : cases.getAnnotationsByType(NotOn.class)) {
      Assumptions.assumeFalse(excuse.value() == volume, excuse.because());
    }
  }

  @AfterEach
  void removeDirectory() throws IOException {
    if (directory != null) {
      Program.of("rm", "-rf", "--", directory.toString()).run().succeeded();
    }
  }

  Volume volume() {
    return volume;
  }

  /** The case's own directory, empty at its beginning, mode 0755, of root. */
  Path directory() {
    return directory;
  }

  /** A path in the case's directory. */
  Path at(String path) {
    return directory.resolve(path);
  }

  /** Makes a regular file with this text, mode 0644. */
  void make(String path, String text) {
    int fd = Posix.open(at(path), Posix.O_CREAT | Posix.O_EXCL | Posix.O_WRONLY, 0644);
    Posix.pwrite(fd, Posix.bytes(text), 0);
    Posix.close(fd);
  }

  /** What a small file holds. */
  String text(String path) {
    int fd = Posix.open(at(path), Posix.O_RDONLY);
    try {
      return text(fd);
    } finally {
      Posix.close(fd);
    }
  }

  static String text(int fd) {
    return new String(Posix.pread(fd, TEXT_BYTES, 0), UTF_8);
  }

  /** Runs a script by bash with the case's directory as its working directory. */
  Outcome shell(String script, Object... arguments) throws IOException {
    return Program.shell(script, arguments).in(directory).run();
  }

  /** Claims that {@code call} fails with {@code errno}. */
  static void refused(int errno, Executable call) {
    PosixException refusal = assertThrows(PosixException.class, call);
    assertEquals(errno, refusal.errno(), refusal.getMessage());
  }
}
