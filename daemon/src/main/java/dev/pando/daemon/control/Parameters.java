package dev.pando.daemon.control;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** The parameters of a call, by name. What has the wrong type is refused as wrong usage. */
public final class Parameters {
  private final JsonNode json;

  /**
   * @param json an object, or missing
   */
  Parameters(JsonNode json) {
    this.json = json;
  }

  /** A text that must be there. */
  public String text(String name) throws ControlException {
    return optionalText(name).orElseThrow(() -> wrong(name, "a text"));
  }

  /** A text that may be missing or null. */
  public Optional<String> optionalText(String name) throws ControlException {
    JsonNode value = json.path(name);
    if (value.isMissingNode() || value.isNull()) {
      return Optional.empty();
    }
    if (!value.isTextual()) {
      throw wrong(name, "a text");
    }
    return Optional.of(value.asText());
  }

  /** A list of texts; empty if it is missing. */
  public List<String> texts(String name) throws ControlException {
    JsonNode value = json.path(name);
    List<String> texts = new ArrayList<>();
    if (!value.isMissingNode() && !value.isArray()) {
      throw wrong(name, "a list of texts");
    }
    for (JsonNode text : value) {
      if (!text.isTextual()) {
        throw wrong(name, "a list of texts");
      }
      texts.add(text.asText());
    }
    return texts;
  }

  /** A whole number that may be missing or null. */
  public OptionalInt optionalNumber(String name) throws ControlException {
    JsonNode value = json.path(name);
    if (value.isMissingNode() || value.isNull()) {
      return OptionalInt.empty();
    }
    if (!value.isInt()) {
      throw wrong(name, "a whole number");
    }
    return OptionalInt.of(value.asInt());
  }

  /** A number of bytes, from 0, that may be missing or null. */
  public OptionalLong optionalBytes(String name) throws ControlException {
    JsonNode value = json.path(name);
    if (value.isMissingNode() || value.isNull()) {
      return OptionalLong.empty();
    }
    if (!value.canConvertToLong() || !value.isIntegralNumber() || value.asLong() < 0) {
      throw wrong(name, "a number of bytes");
    }
    return OptionalLong.of(value.asLong());
  }

  /** A flag; false if it is missing. */
  public boolean flag(String name) throws ControlException {
    JsonNode value = json.path(name);
    if (!value.isMissingNode() && !value.isBoolean()) {
      throw wrong(name, "true or false");
    }
    return value.asBoolean();
  }

  private static ControlException wrong(String name, String type) {
    return new ControlException(ExitStatus.USAGE, "the parameter '" + name + "' has to be " + type);
  }
}
