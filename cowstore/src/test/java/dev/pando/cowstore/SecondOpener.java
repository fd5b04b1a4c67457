package dev.pando.cowstore;

import java.io.IOException;
import java.nio.file.Path;

/** A process that opens a store and says what came of it. */
final class SecondOpener {
  private SecondOpener() {}

  /** Argument: the store. Prints the reason of the refusal, or OPENED. */
  public static void main(String[] arguments) throws IOException {
    try (CowStore store = CowStore.open(Path.of(arguments[0]), Machine.options())) {
      System.out.println(store.state() == StoreState.READY ? "OPENED" : store.state());
    } catch (StoreException e) {
      System.out.println(e.reason());
    }
  }
}
