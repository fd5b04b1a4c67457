package dev.pando.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/** Notes what it is asked, and answers what the test says. */
final class RecordedDaemon implements Daemons {
  private final List<Mount> mounts;
  private final List<String> asked = new ArrayList<>();
  private JsonNode answer = Json.object();
  private Failure refusal;

  RecordedDaemon(Mount... mounts) {
    this.mounts = List.of(mounts);
  }

  RecordedDaemon answering(JsonNode document) {
    answer = document;
    return this;
  }

  RecordedDaemon refusing(ExitCode code, String sentence) {
    refusal = new Failure(code, sentence);
    return this;
  }

  /** Each request as {@code MOUNTPOINT METHOD PARAMETERS}. */
  List<String> asked() {
    return asked;
  }

  @Override
  public List<Mount> mounts() {
    return mounts;
  }

  @Override
  public JsonNode call(Mount mount, String method, ObjectNode parameters) throws Failure {
    asked.add(mount.mountpoint() + " " + method + " " + Json.text(parameters));
    if (refusal != null) {
      throw refusal;
    }
    return answer;
  }
}
