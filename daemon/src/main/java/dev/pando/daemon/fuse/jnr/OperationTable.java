package dev.pando.daemon.fuse.jnr;

import dev.pando.daemon.fuse.FaultLog;
import dev.pando.daemon.fuse.jnr.Operations.Five;
import dev.pando.daemon.fuse.jnr.Operations.Four;
import dev.pando.daemon.fuse.jnr.Operations.One;
import dev.pando.daemon.fuse.jnr.Operations.Three;
import dev.pando.daemon.fuse.jnr.Operations.Two;
import dev.pando.daemon.tree.Errno;
import dev.pando.daemon.tree.ErrnoException;
import java.util.ArrayList;
import java.util.List;
import jnr.ffi.BaseStruct;
import jnr.ffi.Memory;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;
import jnr.ffi.Struct;
import ru.serce.jnrfuse.FuseStubFS;
import ru.serce.jnrfuse.struct.FuseOperations;

/**
 * {@code struct fuse_operations} as jnr-fuse lays it out, filled by us: jnr-fuse's own callbacks
 * turn paths into text, which loses names that are not UTF-8, and do not reach the flags. No
 * operation throws into native code: a refusal becomes its errno, anything else is logged once and
 * becomes EIO. Must stay reachable as long as libfuse may call: native code keeps no callback
 * alive.
 */
final class OperationTable extends FuseStubFS {
  /** Operations on open files work when the file has no name any more: their path is NULL. */
  private static final int NULLPATH_OK = 1;

  /** Nor is the path worked out when there is one. */
  private static final int NOPATH = 1 << 1;

  /** {@code utimens} is told UTIME_NOW and UTIME_OMIT. */
  private static final int UTIME_OMIT_OK = 1 << 2;

  private final FaultLog faults;
  private final Pointer memory;
  private final List<Object> callbacks = new ArrayList<>();

  OperationTable(FaultLog faults) {
    this.faults = faults;
    this.memory = Memory.allocateDirect(Runtime.getSystemRuntime(), sizeBytes(), true);
    // three bits of the int behind bmap, where jnr-fuse has four bytes of padding
    memory.putInt(fuseOperations.bmap.offset() + Long.BYTES, NULLPATH_OK | NOPATH | UTIME_OMIT_OK);
  }

  /** The table itself. */
  Pointer memory() {
    return memory;
  }

  int sizeBytes() {
    return Struct.size(fuseOperations);
  }

  /** Where in the table each operation has its place. */
  FuseOperations places() {
    return fuseOperations;
  }

  void put(String name, BaseStruct.Func<?> place, One operation) {
    One guarded = path -> answer(name, () -> operation.call(path));
    put(place, One.class, guarded);
  }

  void put(String name, BaseStruct.Func<?> place, Two operation) {
    Two guarded = (first, second) -> answer(name, () -> operation.call(first, second));
    put(place, Two.class, guarded);
  }

  void put(String name, BaseStruct.Func<?> place, Three operation) {
    Three guarded =
        (first, second, third) -> answer(name, () -> operation.call(first, second, third));
    put(place, Three.class, guarded);
  }

  void put(String name, BaseStruct.Func<?> place, Four operation) {
    Four guarded =
        (first, second, third, fourth) ->
            answer(name, () -> operation.call(first, second, third, fourth));
    put(place, Four.class, guarded);
  }

  void put(String name, BaseStruct.Func<?> place, Five operation) {
    Five guarded =
        (first, second, third, fourth, fifth) ->
            answer(name, () -> operation.call(first, second, third, fourth, fifth));
    put(place, Five.class, guarded);
  }

  private <T> void put(BaseStruct.Func<?> place, Class<T> shape, T operation) {
    callbacks.add(operation);
    Pointer code =
        Runtime.getSystemRuntime().getClosureManager().getClosurePointer(shape, operation);
    callbacks.add(code);
    memory.putAddress(place.offset(), code.address());
  }

  private interface Answer {
    int get() throws ErrnoException;
  }

  private int answer(String name, Answer operation) {
    try {
      return operation.get();
    } catch (ErrnoException refused) {
      return -refused.errno();
    } catch (Throwable fault) {
      faults.report(name, fault);
      return -Errno.EIO;
    }
  }
}
