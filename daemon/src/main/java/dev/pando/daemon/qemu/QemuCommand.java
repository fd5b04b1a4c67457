package dev.pando.daemon.qemu;

import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a QEMU was told by its command line (QEMU, qemu-options.hx). */
public final class QemuCommand {
  private static final Pattern SIZE = Pattern.compile("(?:size=)?(\\d{1,15})([BKMGT]?)");
  private static final String UNITS = "BKMGT";
  private static final int UNIT_SHIFT = 10;

  private QemuCommand() {}

  /**
   * The memory that it gives its guest by {@code -m}, the last if there are several; nothing
   * without one, or if the words are not those of a QEMU. A number without a unit is megabytes.
   */
  public static OptionalLong memoryBytes(List<String> arguments) {
    if (arguments.isEmpty() || !isQemu(arguments.get(0))) {
      return OptionalLong.empty();
    }
    OptionalLong bytes = OptionalLong.empty();
    for (int i = 1; i + 1 < arguments.size(); i++) {
      if (arguments.get(i).equals("-m") || arguments.get(i).equals("--m")) {
        bytes = size(arguments.get(i + 1));
      }
    }
    return bytes;
  }

  private static boolean isQemu(String program) {
    String name = program.substring(program.lastIndexOf('/') + 1);
    return name.startsWith("qemu-system-") || name.equals("qemu-kvm") || name.equals("kvm");
  }

  private static OptionalLong size(String text) {
    for (String part : text.split(",", -1)) {
      Matcher matcher = SIZE.matcher(part.toUpperCase(Locale.ROOT).replace("SIZE=", "size="));
      if (matcher.matches()) {
        long number = Long.parseLong(matcher.group(1));
        int unit = matcher.group(2).isEmpty() ? 2 : UNITS.indexOf(matcher.group(2));
        long factor = 1L << (UNIT_SHIFT * unit);
        return number > Long.MAX_VALUE / factor
            ? OptionalLong.empty()
            : OptionalLong.of(number * factor);
      }
    }
    return OptionalLong.empty();
  }
}
