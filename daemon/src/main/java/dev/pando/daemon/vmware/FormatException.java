package dev.pando.daemon.vmware;

/**
 * A file can not be used as what it should be. The message is what follows the file's name in a
 * sentence for the user: {@code is not text: it holds a NUL byte at offset 17}.
 */
public final class FormatException extends Exception {
  private static final long serialVersionUID = 1L;

  private static final int MAX_LENGTH = 300;

  /**
   * @param message what is wrong, perhaps with a piece of the file in it: control characters become
   *     question marks, and it is cut at 300 characters
   */
  public FormatException(String message) {
    super(printable(message));
  }

  /** {@code message} on one line, without control characters, and not longer than a sentence. */
  static String printable(String message) {
    String line = message.replaceAll("\\p{Cc}", "?");
    return line.length() <= MAX_LENGTH ? line : line.substring(0, MAX_LENGTH) + "...";
  }
}
