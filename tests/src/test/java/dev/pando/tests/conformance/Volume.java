package dev.pando.tests.conformance;

/** A file system that cases run on. */
public enum Volume {
  /** The control: ext4 on a loop device. */
  EXT4,

  /** Pando, speaking the protocol itself. */
  KERNEL,

  /** Pando through libfuse 2. */
  JNR_FUSE;

  boolean isPando() {
    return this != EXT4;
  }
}
