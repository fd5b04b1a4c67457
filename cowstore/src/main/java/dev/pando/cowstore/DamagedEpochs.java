package dev.pando.cowstore;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Epochs of which a map page is damaged, so that what they hold can not be given back: what is left
 * of them stays as it is, and they are passed over until the store is opened again. Thread-safe.
 */
final class DamagedEpochs {
  private static final Logger LOG = LoggerFactory.getLogger(DamagedEpochs.class);

  private final Set<Long> passedOver = ConcurrentHashMap.newKeySet();

  /** Passes an epoch over from now on, and says so the first time. */
  void add(long epoch, Exception damage) {
    if (passedOver.add(epoch)) {
      LOG.warn(
          "A removed file or fork (epoch {}) has a damaged map: {}. Its space does not come back as"
              + " far as it is reached by that; all else does",
          epoch,
          damage.getMessage());
    }
  }

  /** Passes over what can not go on before {@code other}, which is passed over. */
  void addFor(long epoch, long other) {
    if (passedOver.contains(other)) {
      passedOver.add(epoch);
    }
  }

  boolean contains(long epoch) {
    return passedOver.contains(epoch);
  }

  int count() {
    return passedOver.size();
  }
}
