package dev.pando.cowstore.io;

import java.io.IOException;
import java.nio.ByteBuffer;

/** A file mapped into memory as a whole. */
public interface MappedFile extends AutoCloseable {
  /** The mapping, little-endian. What is put there survives the end of the process. */
  ByteBuffer buffer();

  /** Has the host read a part of it into its cache, in the background; it need not. */
  void readAhead(int offset, int length);

  /** Makes all that was put before the call durable. */
  void force() throws IOException;

  /** The same for a part of the file, to the borders of the host's pages. */
  void force(int offset, int length) throws IOException;

  @Override
  void close() throws IOException;
}
