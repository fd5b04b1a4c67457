package dev.pando.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.ControlMethod;
import dev.pando.daemon.control.ControlServer;
import dev.pando.daemon.control.ExitStatus;
import dev.pando.daemon.control.MountEntry;
import dev.pando.daemon.control.MountRegistry;
import dev.pando.daemon.control.Parameters;
import dev.pando.daemon.host.ProcessStart;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The control socket of a daemon with nothing behind it: it notes what it is asked, and answers
 * what the test says. It stands in the registry as the mount of some process that is there.
 */
final class AnsweringDaemon implements AutoCloseable {
  private static final List<String> METHODS =
      List.of(
          "status",
          "list",
          "show",
          "import",
          "clone",
          "freeze",
          "thaw",
          "remove",
          "space",
          "rename",
          "identity",
          "power-on",
          "power-off",
          "xml");
  private final MountRegistry registry;
  private final MountEntry entry;
  private final ControlServer server;
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private volatile JsonNode answer = new ObjectMapper().createObjectNode();
  private volatile ControlException refusal;

  /**
   * @param process one that outlives the test; each can have one mount
   */
  AnsweringDaemon(Path runtime, Path mountpoint, ProcessHandle process) throws IOException {
    registry = new MountRegistry(runtime);
    entry =
        new MountEntry(
            mountpoint,
            Path.of("/var/store"),
            process.pid(),
            ProcessStart.ticks(process.pid()).orElseThrow(),
            0,
            0,
            registry.socket(process.pid()),
            "kernel");
    Map<String, ControlMethod> methods = new HashMap<>();
    METHODS.forEach(
        method ->
            methods.put(
                method, ControlMethod.quick((parameters, progress) -> answer(method, parameters))));
    server = ControlServer.open(entry.socket(), methods);
    registry.publish(entry);
  }

  private JsonNode answer(String method, Parameters parameters) throws ControlException {
    StringBuilder request = new StringBuilder(method);
    for (String name : List.of("vm", "source", "path", "name")) {
      parameters
          .optionalText(name)
          .ifPresent(text -> request.append(' ').append(name + "=" + text));
    }
    for (String name : List.of("names", "vms")) {
      if (!parameters.texts(name).isEmpty()) {
        request.append(' ').append(name).append('=').append(parameters.texts(name));
      }
    }
    for (String name : List.of("force", "keepNames", "full", "dryRun")) {
      request.append(parameters.flag(name) ? " " + name : "");
    }
    parameters.optionalNumber("pid").ifPresent(pid -> request.append(" pid=").append(pid));
    asked.add(request.toString());
    if (refusal != null) {
      throw refusal;
    }
    return answer;
  }

  void answers(ObjectNode document) {
    answer = document;
  }

  void refuses(ExitStatus status, String sentence) {
    refusal = new ControlException(status, sentence);
  }

  /** Each request as {@code METHOD PARAMETER=VALUE...}. */
  List<String> asked() {
    return asked;
  }

  @Override
  public void close() throws IOException {
    registry.withdraw(entry);
    server.close();
  }
}
