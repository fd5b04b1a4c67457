package dev.pando.daemon.vm.files;

/**
 * What is in a VM's directory does not make a whole VM. The message begins with the file: {@code
 * a.vmx is cut off}; the operation that meets it says what it refused.
 */
public final class UnsoundException extends Exception {
  private static final long serialVersionUID = 1L;

  public UnsoundException(String message) {
    super(message);
  }
}
