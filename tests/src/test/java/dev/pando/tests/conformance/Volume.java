package dev.pando.tests.conformance;

/** A file system that cases run on. */
public enum Volume {
  /** The control: ext4 on a loop device. */
  EXT4(null),

  /** Pando, speaking the protocol itself. */
  KERNEL("kernel"),

  /** Pando through libfuse 2. */
  JNR_FUSE("jnr-fuse");

  private final String transport;

  Volume(String transport) {
    this.transport = transport;
  }

  /** How {@code --transport} names it; of Pando's volumes only. */
  String transport() {
    if (transport == null) {
      throw new IllegalStateException(this + " is no mount of Pando");
    }
    return transport;
  }

  boolean isPando() {
    return this != EXT4;
  }
}
