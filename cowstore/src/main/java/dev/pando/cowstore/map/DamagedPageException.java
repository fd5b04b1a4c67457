package dev.pando.cowstore.map;

import java.io.IOException;

/** A stored map page is not what was written. */
public final class DamagedPageException extends IOException {
  private static final long serialVersionUID = 1L;

  /** A page that is damaged or missing, in words. */
  public DamagedPageException(String message) {
    super(message);
  }
}
