package dev.pando.tests.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Results as one JSON document. */
final class JsonReport {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private JsonReport() {}

  static void write(Path file, Machine machine, List<Result> results) throws IOException {
    ObjectNode document = JSON.createObjectNode();
    document.set("machine", JSON.valueToTree(machine));
    ArrayNode works = document.putArray("works");
    results.forEach(result -> add(works.addObject(), result));
    JSON.writeValue(file.toFile(), document);
  }

  static void writeScale(Path file, Machine machine, List<Scale.Series> series) throws IOException {
    ObjectNode document = JSON.createObjectNode();
    document.set("machine", JSON.valueToTree(machine));
    document.set("series", JSON.valueToTree(series));
    JSON.writeValue(file.toFile(), document);
  }

  private static void add(ObjectNode node, Result result) {
    Work work = result.work();
    node.put("name", work.name()).put("what", work.what()).put("unit", work.unit());
    ObjectNode contenders = node.putObject("contenders");
    result
        .samples()
        .forEach(
            (label, samples) -> {
              ObjectNode contender = contenders.putObject(label);
              contender.put("median", samples.median()).put("spread", samples.spread());
              samples.values().forEach(contender.withArray("samples")::add);
            });
    ArrayNode targets = node.putArray("targets");
    for (Result.Judged judged : result.judged()) {
      targets
          .addObject()
          .put("target", judged.target().toString())
          .put("measured", judged.measured().median())
          .put("lowQuartile", judged.measured().lowQuartile())
          .put("highQuartile", judged.measured().highQuartile())
          .put("verdict", judged.verdict().name());
    }
  }
}
