package dev.pando.cli;

/**
 * A command did not do what it was asked: one sentence for the user, and the exit code for the
 * script. It has no stack trace: it is an answer, not a fault.
 */
final class Failure extends Exception {
  private static final long serialVersionUID = 1L;

  private final ExitCode code;

  /**
   * @param code what the process exits with
   * @param sentence what was refused, why, and what to do next; no capital, no full stop
   */
  Failure(ExitCode code, String sentence) {
    super(sentence, null, false, false);
    this.code = code;
  }

  ExitCode code() {
    return code;
  }
}
