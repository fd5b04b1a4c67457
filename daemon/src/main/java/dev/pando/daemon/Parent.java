package dev.pando.daemon;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import jnr.ffi.LibraryLoader;

/**
 * The command that started the daemon and waits for it. When the mount answers, the daemon says so
 * in one line of JSON on standard output; the command takes note by any byte on the daemon's
 * standard input. If it ends without that, it was killed half-way, and the daemon ends too. After
 * that neither holds anything of the other: the daemon's standard streams are then /dev/null.
 */
final class Parent {
  private static final String NULL_DEVICE = "/dev/null";
  private static final int READ_WRITE = 2; // O_RDWR, asm-generic/fcntl.h
  private static final int STANDARD_STREAMS = 3;

  private final InputStream input;
  private final PrintStream output;

  Parent() {
    this.input = System.in;
    this.output = new PrintStream(System.out, true, StandardCharsets.UTF_8);
  }

  /** Says that the mount answers; returns whether the command took note. */
  boolean takesNote(JsonNode mount) {
    output.println(mount);
    try {
      return input.read() >= 0;
    } catch (IOException e) {
      return false;
    }
  }

  /** Lets go of the standard streams: whoever waits for their end need not wait for ours. */
  static void letGo() {
    LibC libc = LibraryLoader.create(LibC.class).load("c");
    int nothing = libc.open(NULL_DEVICE, READ_WRITE);
    for (int stream = 0; stream < STANDARD_STREAMS; stream++) {
      libc.dup2(nothing, stream);
    }
    if (nothing >= STANDARD_STREAMS) {
      libc.close(nothing);
    }
  }

  /** unistd.h and fcntl.h; public because jnr-ffi makes a class of it. */
  public interface LibC {
    int open(String path, int flags);

    int dup2(int from, int to);

    int close(int descriptor);
  }
}
