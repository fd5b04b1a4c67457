package dev.pando.daemon.control;

import java.util.Optional;

/** Which Pando this is. */
public final class Version {
  private Version() {}

  /** The version in the jar's manifest; {@code unpackaged} where there is no jar. */
  public static String current() {
    return Optional.ofNullable(Version.class.getPackage().getImplementationVersion())
        .orElse("unpackaged");
  }
}
