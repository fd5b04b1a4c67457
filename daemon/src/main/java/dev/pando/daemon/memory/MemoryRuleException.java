package dev.pando.daemon.memory;

/** A combination of amounts that can not be; the message names the rule, without a last stop. */
public final class MemoryRuleException extends Exception {
  private static final long serialVersionUID = 1;

  public MemoryRuleException(String rule) {
    super(rule);
  }
}
