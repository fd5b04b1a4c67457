package dev.pando.daemon.fuse;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Faults of this program that requests ran into. Each kind (a request and a type of exception) is
 * logged once, so that a guest that repeats its request does not fill the log. Thread-safe.
 */
public final class FaultLog {
  private static final Logger LOG = LoggerFactory.getLogger(FaultLog.class);

  private record Kind(Object request, Class<?> type) {}

  private final Set<Kind> seen = ConcurrentHashMap.newKeySet();

  /** Every kind there was, as text. */
  public Set<String> kinds() {
    return seen.stream().map(Kind::toString).collect(Collectors.toUnmodifiableSet());
  }

  public void report(Object request, Throwable fault) {
    if (seen.add(new Kind(request, fault.getClass()))) {
      LOG.error("{} failed by a fault of ours; answered EIO, logged once", request, fault);
    }
  }
}
