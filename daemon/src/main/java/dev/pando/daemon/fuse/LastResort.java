package dev.pando.daemon.fuse;

/** What becomes of a daemon when a request met a fault that is not the request's. */
@FunctionalInterface
public interface LastResort {
  /** The exit status of a process that ended so: EX_SOFTWARE of sysexits.h. */
  int STATUS = 70;

  /** The request alone fails. */
  LastResort NONE = fault -> {};

  /** For a daemon that has a keeper. */
  LastResort HALT =
      fault -> {
        if (fault instanceof VirtualMachineError) {
          Runtime.getRuntime().halt(STATUS);
        }
      };

  /**
   * A request failed by a fault of this program. If the fault may have come between a change and
   * its record (no memory, no stack, a page that can not be read), it is better to end here and to
   * be taken over than to go on half dead: then it does not return.
   */
  void failed(Throwable fault);

  /**
   * A thread that serves the mount ends by a fault, with whatever it was doing. Nobody takes its
   * place in this process, so that this is never the affair of a request alone.
   */
  default void ended(Throwable fault) {
    failed(fault instanceof VirtualMachineError ? fault : new InternalError(fault));
  }
}
