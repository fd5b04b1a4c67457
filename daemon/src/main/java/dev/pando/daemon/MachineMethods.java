package dev.pando.daemon;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.ControlMethod;
import dev.pando.daemon.control.Parameters;
import dev.pando.daemon.control.Progress;
import dev.pando.daemon.vm.CloneRequest;
import dev.pando.daemon.vm.Machine;
import dev.pando.daemon.vm.MachineException;
import dev.pando.daemon.vm.Machines;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** What commands can ask of the machines of a store, by the names of the commands. */
final class MachineMethods {
  private final Machines machines;

  MachineMethods(Machines machines) {
    this.machines = machines;
  }

  Map<String, ControlMethod> all() {
    return Map.of(
        "list", ControlMethod.lasting((parameters, progress) -> answer(this::list)),
        "show", ControlMethod.lasting((parameters, progress) -> answer(() -> show(vm(parameters)))),
        "space",
            ControlMethod.lasting(
                (parameters, progress) -> answer(() -> space(parameters.texts("vms")))),
        "clone", ControlMethod.lasting((parameters, progress) -> answer(() -> clone(parameters))),
        "freeze",
            ControlMethod.lasting((parameters, progress) -> answer(() -> freeze(vm(parameters)))),
        "thaw", ControlMethod.lasting((parameters, progress) -> answer(() -> thaw(vm(parameters)))),
        "remove", ControlMethod.lasting((parameters, progress) -> answer(() -> remove(parameters))),
        "import",
            ControlMethod.lasting(
                (parameters, progress) -> answer(() -> importVm(parameters, progress))));
  }

  private interface Work {
    JsonNode done() throws MachineException, ControlException;
  }

  private static JsonNode answer(Work work) throws ControlException {
    try {
      return work.done();
    } catch (MachineException e) {
      throw Refusals.of(e);
    }
  }

  private static String vm(Parameters parameters) throws ControlException {
    return parameters.text("vm");
  }

  private JsonNode list() throws MachineException {
    ObjectNode document = object();
    ArrayNode vms = document.putArray("vms");
    for (Machine machine : machines.list()) {
      vms.add(MachineDocument.of(machine));
    }
    return document;
  }

  private JsonNode show(String name) throws MachineException {
    return MachineDocument.of(machines.show(name));
  }

  private JsonNode space(List<String> names) throws MachineException {
    return MachineDocument.of(machines.space(names));
  }

  private JsonNode clone(Parameters parameters) throws MachineException, ControlException {
    CloneRequest request =
        new CloneRequest(
            parameters.text("source"), parameters.texts("names"), parameters.flag("keepNames"));
    ObjectNode document = object();
    ArrayNode vms = document.putArray("vms");
    for (String name : machines.clone(request)) {
      vms.addObject().put("name", name);
    }
    return document;
  }

  private JsonNode freeze(String name) throws MachineException {
    machines.freeze(name);
    ObjectNode document = object().put("name", name);
    machines.show(name).generation().ifPresent(number -> document.put("generation", number));
    return document;
  }

  private JsonNode thaw(String name) throws MachineException {
    machines.thaw(name);
    return object().put("name", name);
  }

  private JsonNode remove(Parameters parameters) throws MachineException, ControlException {
    List<String> names = parameters.texts("vms");
    machines.remove(names, parameters.flag("force"));
    ObjectNode document = object();
    ArrayNode vms = document.putArray("vms");
    names.forEach(name -> vms.addObject().put("name", name));
    return document;
  }

  private JsonNode importVm(Parameters parameters, Progress progress)
      throws MachineException, ControlException {
    Path source = Path.of(parameters.text("path"));
    String name =
        machines.importDirectory(source, parameters.optionalText("name"), progress::report);
    return object().put("name", name);
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }
}
