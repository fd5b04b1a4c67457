package dev.pando.daemon.fuse.jnr;

import dev.pando.daemon.tree.ErrnoException;
import jnr.ffi.annotations.Delegate;

/**
 * The shapes of libfuse's operations. Every argument is an address or an integer and comes in a
 * register, so all are declared as 64 bits wide; of a C {@code int} the upper half means nothing.
 * What is thrown is what the caller of the operation gets; see {@link OperationTable}. Public only
 * because what implements them is generated.
 */
final class Operations {
  private Operations() {}

  /** An operation with one argument. */
  public interface One {
    @Delegate
    int call(long first) throws ErrnoException;
  }

  /** An operation with two arguments. */
  public interface Two {
    @Delegate
    int call(long first, long second) throws ErrnoException;
  }

  /** An operation with three arguments. */
  public interface Three {
    @Delegate
    int call(long first, long second, long third) throws ErrnoException;
  }

  /** An operation with four arguments. */
  public interface Four {
    @Delegate
    int call(long first, long second, long third, long fourth) throws ErrnoException;
  }

  /** An operation with five arguments. */
  public interface Five {
    @Delegate
    int call(long first, long second, long third, long fourth, long fifth) throws ErrnoException;
  }
}
