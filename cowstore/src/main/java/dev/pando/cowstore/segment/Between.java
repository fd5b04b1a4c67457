package dev.pando.cowstore.segment;

import java.io.IOException;

/** What happens between two steps of something long; by an exception it ends that. */
@FunctionalInterface
public interface Between {
  /** Called between two steps. */
  void steps() throws IOException;
}
