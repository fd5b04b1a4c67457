package dev.pando.daemon.control;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The messages of JSON-RPC 2.0 (jsonrpc.org/specification), one a line. */
final class JsonRpc {
  static final int PARSE_ERROR = -32700;
  static final int INVALID_REQUEST = -32600;
  static final int METHOD_NOT_FOUND = -32601;
  static final int INVALID_PARAMETERS = -32602;

  /** The daemon's first line. */
  static final String HELLO = "hello";

  /** A sign of life during long work, with {@code doneBytes} and {@code totalBytes} if known. */
  static final String PROGRESS = "progress";

  private static final ObjectMapper MAPPER =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private JsonRpc() {}

  static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  /**
   * Reads one document.
   *
   * @throws IOException if it is none, or more than one
   */
  static JsonNode parse(byte[] line) throws IOException {
    return MAPPER.readTree(line);
  }

  /** The document as one line, line end included. */
  static byte[] line(JsonNode document) {
    try {
      byte[] json = MAPPER.writeValueAsString(document).getBytes(StandardCharsets.UTF_8);
      byte[] line = Arrays.copyOf(json, json.length + 1);
      line[json.length] = '\n';
      return line;
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a JSON tree that can not be written", e);
    }
  }

  static ObjectNode request(long id, String method, ObjectNode parameters) {
    ObjectNode message = notification(method, parameters);
    return message.put("id", id);
  }

  static ObjectNode notification(String method, ObjectNode parameters) {
    ObjectNode message = object().put("jsonrpc", "2.0").put("method", method);
    message.set("params", parameters);
    return message;
  }

  static ObjectNode result(JsonNode id, JsonNode result) {
    ObjectNode message = object().put("jsonrpc", "2.0");
    message.set("id", id);
    message.set("result", result);
    return message;
  }

  /**
   * @param code one of the constants here, or an exit code
   */
  static ObjectNode error(JsonNode id, int code, String sentence) {
    ObjectNode message = object().put("jsonrpc", "2.0");
    message.set("id", id);
    message.putObject("error").put("code", code).put("message", sentence);
    return message;
  }

  static boolean isRequest(JsonNode message) {
    return message.isObject()
        && message.path("jsonrpc").asText().equals("2.0")
        && message.path("method").isTextual()
        && (!message.has("params") || message.path("params").isObject());
  }
}
