package dev.pando.cli;

import java.math.BigDecimal;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.TypeConversionException;

/** A number of bytes as a person writes it: {@code 10G}, {@code 1.5 TiB}, {@code 4096}. */
record ByteCount(long bytes) {
  private static final Pattern FORM =
      Pattern.compile("(\\d{1,19}(?:\\.\\d{1,9})?)\\s*([KMGTPE]?)(?:I?B)?");
  private static final String UNITS = "KMGTPE";

  /** Reads one; units are powers of 1,024. */
  static ByteCount parse(String text) {
    Matcher form = FORM.matcher(text.strip().toUpperCase(Locale.ROOT));
    if (form.matches()) {
      int shift = form.group(2).isEmpty() ? 0 : 10 * (UNITS.indexOf(form.group(2)) + 1);
      BigDecimal bytes = new BigDecimal(form.group(1)).multiply(BigDecimal.valueOf(1L << shift));
      if (bytes.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) < 0) {
        return new ByteCount(bytes.longValue());
      }
      throw new TypeConversionException(
          "'" + text + "' is too large: name a size below 8E, for instance 10G");
    }
    throw new TypeConversionException(
        "'" + text + "' is no size: write a number and a unit, for instance 10G or 512M");
  }
}
