package dev.pando.daemon.fuse.kernel;

import dev.pando.daemon.fuse.CachePolicy;
import dev.pando.daemon.fuse.MountException;
import dev.pando.daemon.fuse.MountException.Reason;
import dev.pando.daemon.fuse.wire.InitFlag;
import dev.pando.daemon.fuse.wire.InitIn;
import dev.pando.daemon.fuse.wire.InitOut;
import dev.pando.daemon.fuse.wire.Opcode;
import dev.pando.daemon.fuse.wire.Protocol;
import dev.pando.daemon.tree.ErrnoException;
import java.util.Set;

/**
 * The first request, INIT: the kernel says what it speaks and offers, and we what of it is taken.
 */
final class Negotiation {
  /** {@code init_in} without what came with {@link InitFlag#INIT_EXT}. */
  private static final int SHORT_INIT_BYTES = 16;

  private final Device device;
  private final Slot slot;
  private final int maxBackground;
  private final Set<InitFlag> withheld;

  /**
   * @param maxBackground how many asynchronous requests may be under way at once
   * @param withheld what not to take even if it is offered
   */
  Negotiation(Device device, Slot slot, int maxBackground, Set<InitFlag> withheld) {
    this.device = device;
    this.slot = slot;
    this.maxBackground = maxBackground;
    this.withheld = withheld;
  }

  /**
   * Waits for INIT and answers it.
   *
   * @return the flags that were offered and taken
   */
  long conclude() throws MountException {
    Request request = new Request(slot);
    Reply reply = new Reply(slot, CachePolicy.NONE);
    while (true) {
      int bytes = device.receive(slot);
      if (bytes == Device.ENDED) {
        throw new MountException(Reason.FAILED, "the kernel ended the mount before it began");
      }
      request.received(bytes);
      requireInit(request);
      InitIn in = request.init;
      if (in.major() < Protocol.MAJOR
          || (in.major() == Protocol.MAJOR && in.minor() < Protocol.OLDEST_MINOR)) {
        throw new MountException(
            Reason.NO_FUSE,
            "this kernel speaks FUSE %d.%d, and %d.%d is the oldest that will do: Linux 5.15 or newer"
                .formatted(in.major(), in.minor(), Protocol.MAJOR, Protocol.OLDEST_MINOR));
      }
      long flags = answer(in, bytes, reply.init);
      device.send(slot.replyAddress(), reply.success(request.header.unique(), InitOut.BYTES));
      if (in.major() == Protocol.MAJOR) {
        return flags;
      }
      // a kernel with a newer major version asks again, in ours
    }
  }

  private static void requireInit(Request request) throws MountException {
    try {
      request.requireBody(SHORT_INIT_BYTES);
    } catch (ErrnoException malformed) {
      throw new MountException(Reason.FAILED, "the kernel's INIT is cut off", malformed);
    }
    if (request.header.opcode() != Opcode.INIT.number()) {
      throw new MountException(
          Reason.FAILED,
          "the kernel began with opcode " + request.header.opcode() + " and not with INIT");
    }
  }

  private long answer(InitIn in, int requestBytes, InitOut out) {
    long offered = Integer.toUnsignedLong(in.flags());
    if (InitFlag.INIT_EXT.in(offered) && requestBytes >= InitIn.BYTES) {
      offered |= (long) in.flags2() << Integer.SIZE;
    }
    long taken = take(offered);
    out.clear(InitOut.BYTES);
    out.major(Protocol.MAJOR);
    out.minor(Math.min(in.minor(), Protocol.MINOR));
    out.maxReadahead(in.maxReadahead());
    out.flags((int) taken);
    out.flags2((int) (taken >>> Integer.SIZE));
    out.maxBackground(maxBackground);
    out.congestionThreshold(maxBackground - maxBackground / 4);
    out.maxWriteBytes(Protocol.MAX_PAYLOAD_BYTES);
    out.timeGranularityNanos(1);
    out.maxPages(InitFlag.MAX_PAGES.in(taken) ? Protocol.MAX_PAGES : 0);
    return taken;
  }

  private long take(long offered) {
    long taken = 0;
    for (InitFlag flag : InitFlag.values()) {
      if (flag.in(offered) && !withheld.contains(flag)) {
        taken |= flag.bit();
      }
    }
    return InitFlag.INIT_EXT.in(taken) ? taken : taken & 0xffff_ffffL;
  }
}
