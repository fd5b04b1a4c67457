package dev.pando.daemon.vmware;

/** What a linked clone does with a file of its template. */
public enum CloneAction {
  /** The clone shares its content, block by block, until one of the two writes. */
  FORK,
  /** The clone gets its own version of the text; see {@link CloneRewrite}. */
  REWRITE,
  /** The clone gets an empty file. */
  RESET,
  /** The clone does not have it. */
  DROP,
  /** A VM with such a file can not be cloned. */
  REFUSE
}
