package dev.pando.cowstore.model;

import dev.pando.cowstore.CowFile;
import dev.pando.cowstore.StoreException;
import dev.pando.cowstore.io.NativeBuffer;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Iterator;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** Holds a file of the store against its model. Not thread-safe. */
public final class FileComparison {
  private static final int BLOCK = ModelBlock.BYTES;
  private static final int SECTOR = ModelBlock.SECTOR;
  private static final int WINDOW_BYTES = (int) ModelFile.LEAF;
  private static final long BLOCKS_OF_WINDOW = WINDOW_BYTES / BLOCK;

  private final NativeBuffer buffer = NativeBuffer.of(WINDOW_BYTES);

  /** The file holds exactly what the model holds. */
  public void requireEqual(CowFile file, ModelFile model) throws StoreException {
    if (file.sizeBytes() != model.sizeBytes()) {
      throw failure(file, "has " + file.sizeBytes() + " bytes and not " + model.sizeBytes());
    }
    long lastWindow = -1;
    for (long index : model.blocks().keySet()) {
      long window = index / BLOCKS_OF_WINDOW;
      if (window != lastWindow) {
        requireEqualWindow(file, model, window * WINDOW_BYTES);
        lastWindow = window;
      }
    }
    requireHoles(file, model);
  }

  /** The range of the file holds exactly what the model holds; at most 1 MiB. */
  public void requireEqual(CowFile file, ModelFile model, long offset, int length)
      throws StoreException {
    int expectedLength = (int) Math.max(0, Math.min(length, model.sizeBytes() - offset));
    int n = file.read(offset, buffer.address(), length);
    if (n != expectedLength) {
      throw failure(file, "read " + n + " and not " + expectedLength + " bytes at " + offset);
    }
    for (Part part : Part.split(offset, n, BLOCK)) {
      byte[] content = model.block(part.offset() / BLOCK).content();
      int in = (int) (part.offset() % BLOCK);
      int from = (int) (part.offset() - offset);
      ByteBuffer actual = buffer.bytes().slice(from, (int) part.length());
      ByteBuffer expected = ByteBuffer.wrap(content, in, (int) part.length());
      int at = actual.mismatch(expected);
      if (at >= 0) {
        throw failure(
            file,
            String.format(
                "differs at %d, read from %d: %02x and not %02x",
                part.offset() + at, offset, actual.get(at), content[in + at]));
      }
    }
  }

  /** The file holds what it may hold after a power loss; the model takes over what that is. */
  public void settle(CowFile file, ModelFile model) throws StoreException {
    long size = file.sizeBytes();
    BitSet instants = model.instants(size);
    if (instants.isEmpty()) {
      throw failure(file, "has a size it never had since it was durable: " + size);
    }
    TreeMap<Long, ModelBlock> survivors = new TreeMap<>();
    long lingering = 0;
    for (Map.Entry<Long, ModelBlock> entry : model.blocks().entrySet()) {
      long offset = entry.getKey() * BLOCK;
      if (offset < size) {
        int visible = (int) Math.min(BLOCK, size - offset);
        byte[] observed = observe(file, offset, visible);
        narrow(instants, file, model, entry.getValue(), offset, observed, visible);
        boolean mapped = entry.getValue().wasMappedSince(model.durableStep());
        survivors.put(entry.getKey(), ModelBlock.durable(observed, mapped));
      } else if (entry.getValue().wasMappedSince(model.durableStep())) {
        lingering++;
      }
    }
    model.settle(size, survivors, lingering);
    requireHoles(file, model);
  }

  private byte[] observe(CowFile file, long offset, int visible) throws StoreException {
    int n = file.read(offset, buffer.address(), BLOCK);
    if (n != visible) {
      throw failure(file, "read " + n + " and not " + visible + " bytes at " + offset);
    }
    return Arrays.copyOf(buffer.first(n), BLOCK);
  }

  private static void narrow(
      BitSet instants,
      CowFile file,
      ModelFile model,
      ModelBlock block,
      long offset,
      byte[] observed,
      int visible) {
    for (int from = 0; from < visible; from += SECTOR) {
      int to = Math.min(from + SECTOR, visible);
      BitSet possible = block.instants(observed, from, to, model.durableStep(), model.step());
      if (possible.isEmpty()) {
        throw failure(
            file,
            "holds bytes it never had since it was durable, at "
                + (offset + from)
                + ": "
                + block.describe(observed, from, to));
      }
      instants.and(possible);
      if (instants.isEmpty()) {
        throw failure(file, "no instant explains its content together, up to " + (offset + from));
      }
    }
  }

  private void requireEqualWindow(CowFile file, ModelFile model, long offset)
      throws StoreException {
    if (offset < model.sizeBytes()) {
      requireEqual(file, model, offset, WINDOW_BYTES);
    }
  }

  /** What the store calls data may be data, what it calls a hole reads as zeros. */
  private static void requireHoles(CowFile file, ModelFile model) throws StoreException {
    SortedMap<Long, ModelBlock> blocks = model.blocks();
    long size = file.sizeBytes();
    long reserved = model.reserved().surelyBlocks() * BLOCK;
    long surely = reserved;
    long perhaps = (model.reserved().perhapsBlocks(blocks) + model.lingeringBlocks()) * BLOCK;
    for (ModelBlock block : blocks.values()) {
      surely += block.isZero() ? 0 : BLOCK;
      perhaps += block.mapped() ? BLOCK : 0;
    }
    if (file.mappedBytes() < surely || file.mappedBytes() > perhaps) {
      throw failure(
          file, file.mappedBytes() + " bytes mapped, not between " + surely + " and " + perhaps);
    }
    if (file.privateBytes() < reserved || file.privateBytes() > file.mappedBytes()) {
      throw failure(file, file.privateBytes() + " of " + file.mappedBytes() + " bytes private");
    }
    long at = 0;
    while (at < size) {
      long data = file.seekData(at);
      requireHole(file, blocks, at, data < 0 ? size : data);
      if (data < 0) {
        return;
      }
      long hole = file.seekHole(data);
      if (data < at || data >= size || hole <= data || hole > size) {
        throw failure(file, "from " + at + " data is at " + data + ", a hole at " + hole);
      }
      requireData(file, blocks, data, hole);
      at = hole;
    }
    if (file.seekData(size) != -1 || file.seekHole(size) != -1) {
      throw failure(file, "has data or a hole past its end");
    }
  }

  private static void requireHole(
      CowFile file, SortedMap<Long, ModelBlock> blocks, long from, long to) {
    blocks
        .subMap(from / BLOCK, (to + BLOCK - 1) / BLOCK)
        .forEach(
            (index, block) -> {
              boolean aligned = (index + 1) * BLOCK <= to || to == file.sizeBytes();
              if (aligned && !block.isZero()) {
                throw failure(file, "says that its data at " + index * BLOCK + " is a hole");
              }
            });
  }

  private static void requireData(
      CowFile file, SortedMap<Long, ModelBlock> blocks, long from, long to) {
    Iterator<Long> mapped =
        blocks.subMap(from / BLOCK, (to + BLOCK - 1) / BLOCK).entrySet().stream()
            .filter(entry -> entry.getValue().mapped())
            .map(Map.Entry::getKey)
            .iterator();
    for (long index = from / BLOCK; index * BLOCK < to; index++) {
      if (!mapped.hasNext() || mapped.next() != index) {
        throw failure(file, "says that its hole at " + index * BLOCK + " is data");
      }
    }
  }

  private static AssertionError failure(CowFile file, String what) {
    return new AssertionError("file " + file.id() + " " + what);
  }
}
