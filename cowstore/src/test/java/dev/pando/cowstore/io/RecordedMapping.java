package dev.pando.cowstore.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;

/** A mapped file and its content as the disk has it for certain: the one at the last force. */
final class RecordedMapping {
  private static final int SECTOR = RecordedFile.SECTOR;

  private final MappedFile host;
  private byte[] durable;

  /** What it held when the process ended; null while there is one. */
  private byte[] left;

  private long begunForces;
  private long durableForce;

  RecordedMapping(MappedFile host) {
    this.host = host;
    this.durable = copy();
  }

  /** The process ends: what its threads still put here, before they notice, is undone. */
  void stop() {
    left = copy();
  }

  void restart() {
    if (left != null) {
      host.buffer().put(0, left);
      left = null;
    }
  }

  int lengthBytes() {
    return host.buffer().capacity();
  }

  ByteBuffer buffer() {
    return host.buffer().duplicate().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Makes durable what was put into a part before the call, {@code nanos} later. */
  void force(int offset, int length, long nanos) {
    long number;
    byte[] content = new byte[length];
    synchronized (this) {
      number = ++begunForces;
      host.buffer().get(offset, content);
    }
    if (nanos > 0) {
      LockSupport.parkNanos(nanos);
    }
    synchronized (this) {
      if (number > durableForce) {
        durableForce = number;
        System.arraycopy(content, 0, durable, offset, length);
      }
    }
  }

  /** Cuts the power: a sector that was not forced keeps its old or its new content. */
  synchronized void lose(Random random) {
    SectorFate fate = new SectorFate(random);
    ByteBuffer now = buffer();
    for (int at = 0; at < durable.length; at += SECTOR) {
      ByteBuffer old = ByteBuffer.wrap(durable, at, SECTOR);
      if (now.slice(at, SECTOR).mismatch(old) >= 0 && fate.choose(2) == 0) {
        now.put(at, durable, at, SECTOR);
      }
    }
    durable = copy();
    durableForce = begunForces;
  }

  void close() throws IOException {
    host.close();
  }

  private byte[] copy() {
    byte[] content = new byte[host.buffer().capacity()];
    host.buffer().get(0, content);
    return content;
  }
}
