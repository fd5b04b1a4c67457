package dev.pando.daemon.fuse;

import dev.pando.daemon.fuse.MountException.Reason;

/** The transports a user can ask for by name. */
public enum TransportChoice {
  /** The best there is on this machine. */
  AUTO("auto"),
  KERNEL("kernel"),
  JNR_FUSE("jnr-fuse");

  private final String text;

  TransportChoice(String text) {
    this.text = text;
  }

  /** As a user writes it. */
  public String text() {
    return text;
  }

  /**
   * The choice of this name.
   *
   * @throws MountException with {@link Reason#OPTION} if there is none
   */
  public static TransportChoice parse(String text) throws MountException {
    for (TransportChoice choice : values()) {
      if (choice.text.equals(text)) {
        return choice;
      }
    }
    throw new MountException(
        Reason.OPTION,
        "transport '" + text + "' is not known; there are auto, kernel and jnr-fuse");
  }

  /** Whether a mount by the transport of this name is what was asked for. */
  public boolean allows(String transport) {
    return this == AUTO || text.equals(transport);
  }
}
