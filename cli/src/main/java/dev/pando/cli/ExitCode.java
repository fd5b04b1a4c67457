package dev.pando.cli;

/** What a command tells the script that called it. The numbers are a contract with scripts. */
enum ExitCode {
  DONE(0, "done"),
  FAILED(1, "failed: disk full, an I/O error, no /dev/fuse"),
  USAGE(2, "wrong usage, or a name that can not be one"),
  REFUSED(3, "refused by a rule: frozen, running, name taken, in use, busy"),
  MISSING(4, "there is no such thing"),
  NO_DAEMON(5, "no daemon answers");

  private final int number;
  private final String meaning;

  ExitCode(int number, String meaning) {
    this.number = number;
    this.meaning = meaning;
  }

  int number() {
    return number;
  }

  /** A few words for {@code --help}. */
  String meaning() {
    return meaning;
  }

  /** The exit code with this number; {@link #FAILED} for a number that is none of ours. */
  static ExitCode of(int number) {
    for (ExitCode code : values()) {
      if (code.number == number) {
        return code;
      }
    }
    return FAILED;
  }
}
