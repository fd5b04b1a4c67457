package dev.pando.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.daemon.control.ControlException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** JSON documents in and out. */
final class Json {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private Json() {}

  static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  static ArrayNode array(Collection<String> values) {
    ArrayNode array = MAPPER.createArrayNode();
    values.forEach(array::add);
    return array;
  }

  /** The elements of an array; none if it is no array. */
  static List<JsonNode> elements(JsonNode array) {
    List<JsonNode> elements = new ArrayList<>();
    array.forEach(elements::add);
    return elements;
  }

  /** The document of one line. */
  static JsonNode parse(String line) throws JsonProcessingException {
    return MAPPER.readTree(line);
  }

  /** One line, without the line's end. */
  static String text(JsonNode document) {
    try {
      return MAPPER.writeValueAsString(document);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a JSON tree that can not be written", e);
    }
  }

  static ObjectNode error(ControlException failure) {
    ObjectNode document = object();
    document
        .putObject("error")
        .put("code", failure.status().number())
        .put("message", failure.getMessage());
    return document;
  }
}
