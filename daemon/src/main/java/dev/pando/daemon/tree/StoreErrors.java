package dev.pando.daemon.tree;

import dev.pando.cowstore.StoreException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one place where the store's failures become errno values. */
final class StoreErrors {
  private static final Logger LOG = LoggerFactory.getLogger(StoreErrors.class);

  private StoreErrors() {}

  static ErrnoException translate(StoreException failure) {
    return new ErrnoException(errno(failure));
  }

  /**
   * As {@link #errno}, for who asked that something be durable: a store that takes no changes any
   * more has failed to make it so, and EROFS would say to a caller of fsync(2) that none is needed.
   */
  static int errnoOfSync(StoreException failure) {
    int errno = errno(failure);
    return errno == Errno.EROFS ? Errno.EIO : errno;
  }

  /** 0 for null: nothing failed. */
  static int errno(StoreException failure) {
    if (failure == null) {
      return 0;
    }
    return switch (failure.reason()) {
      case FULL -> Errno.ENOSPC;
      case QUOTA -> Errno.EDQUOT;
      case FROZEN, READ_ONLY -> Errno.EROFS;
      case TOO_BIG -> Errno.EFBIG;
      case NO_SUCH_FILE -> Errno.ESTALE;
      case IN_USE, FORMAT, LOSS, IO -> {
        LOG.error("the store failed: {}", failure.getMessage(), failure);
        yield Errno.EIO;
      }
    };
  }
}
