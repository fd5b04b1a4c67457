package dev.pando.daemon.vm.files;

import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A VM's name as users write it, perhaps with a generation behind it: {@code debian12@2}.
 *
 * @param generation from 1; nothing: the VM as it is
 */
public record Reference(String name, OptionalInt generation) {
  private static final Pattern WITH_GENERATION = Pattern.compile("(.+)@([1-9][0-9]{0,8})");

  /** Reads one. A VM that has just this name, with its {@code @}, is what is meant. */
  public static Reference of(Inventory inventory, String text) throws MachineException {
    Matcher matcher = WITH_GENERATION.matcher(text);
    if (!matcher.matches() || inventory.has(text)) {
      return new Reference(text, OptionalInt.empty());
    }
    return new Reference(matcher.group(1), OptionalInt.of(Integer.parseInt(matcher.group(2))));
  }
}
