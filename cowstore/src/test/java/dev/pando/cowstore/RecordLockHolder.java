package dev.pando.cowstore;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A process that holds a POSIX record lock on a file until its standard input ends. */
final class RecordLockHolder {
  private RecordLockHolder() {}

  /** Argument: the file. Prints an L when it has the lock. */
  public static void main(String[] arguments) throws IOException {
    try (FileChannel channel = FileChannel.open(Path.of(arguments[0]), StandardOpenOption.WRITE)) {
      channel.lock();
      System.out.println("L");
      int unused = System.in.read();
    }
  }
}
