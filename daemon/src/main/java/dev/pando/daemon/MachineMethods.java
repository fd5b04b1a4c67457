package dev.pando.daemon;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.cowstore.DedupeReport;
import dev.pando.cowstore.Quota;
import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.ControlMethod;
import dev.pando.daemon.control.Parameters;
import dev.pando.daemon.control.Progress;
import dev.pando.daemon.vm.Machines;
import dev.pando.daemon.vm.cloning.CloneRequest;
import dev.pando.daemon.vm.files.MachineException;
import dev.pando.daemon.vm.listing.Machine;
import dev.pando.daemon.vm.making.ProgressListener;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** What commands can ask of the machines of a store, by the names of the commands. */
final class MachineMethods {
  private final Machines machines;

  MachineMethods(Machines machines) {
    this.machines = machines;
  }

  Map<String, ControlMethod> all() {
    Map<String, ControlMethod> methods = new HashMap<>();
    methods.put("list", lasting((parameters, progress) -> list()));
    methods.put("show", lasting((parameters, progress) -> show(vm(parameters))));
    methods.put("xml", lasting((parameters, progress) -> xml(vm(parameters))));
    methods.put("space", lasting((parameters, progress) -> space(parameters.texts("vms"))));
    methods.put("reclaim", lasting((parameters, progress) -> reclaim(parameters.flag("compact"))));
    methods.put("dedupe", lasting((parameters, progress) -> dedupe(progress)));
    methods.put("dedupe-switch", lasting((parameters, progress) -> switchDedupe(parameters)));
    methods.put(
        "scrub",
        lasting((parameters, progress) -> MachineDocument.of(machines.scrub(listener(progress)))));
    methods.put("quota", lasting((parameters, progress) -> quota(parameters)));
    methods.put("clone", lasting(this::clone));
    methods.put("freeze", lasting((parameters, progress) -> freeze(vm(parameters))));
    methods.put("thaw", lasting((parameters, progress) -> thaw(vm(parameters))));
    methods.put("remove", lasting((parameters, progress) -> remove(parameters)));
    methods.put("rename", lasting((parameters, progress) -> rename(parameters)));
    methods.put("identity", lasting((parameters, progress) -> identity(vm(parameters))));
    methods.put("power-on", lasting((parameters, progress) -> powerOn(parameters)));
    methods.put("power-off", lasting((parameters, progress) -> powerOff(vm(parameters))));
    methods.put("import", lasting(this::importVm));
    return methods;
  }

  @FunctionalInterface
  private interface Work {
    JsonNode done(Parameters parameters, Progress progress)
        throws MachineException, ControlException;
  }

  private static ControlMethod lasting(Work work) {
    return ControlMethod.lasting(
        (parameters, progress) -> {
          try {
            return work.done(parameters, progress);
          } catch (MachineException e) {
            throw Refusals.of(e);
          }
        });
  }

  /** Work that copies data is given up when the command that asked for it is gone. */
  private static ProgressListener listener(Progress progress) {
    return new ProgressListener() {
      @Override
      public void progressed(long doneBytes, long totalBytes) {
        progress.report(doneBytes, totalBytes);
      }

      @Override
      public boolean isWanted() {
        return progress.isAwaited();
      }
    };
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

  private JsonNode xml(String name) throws MachineException {
    return object().put("name", name).put("xml", machines.domainXml(name));
  }

  private JsonNode space(List<String> names) throws MachineException {
    return MachineDocument.of(machines.space(names));
  }

  private JsonNode dedupe(Progress progress) throws MachineException {
    DedupeReport report = machines.dedupe(listener(progress));
    return object().put("readBytes", report.readBytes()).put("sharedBytes", report.sharedBytes());
  }

  private JsonNode switchDedupe(Parameters parameters) throws MachineException, ControlException {
    machines.switchDedupe(parameters.texts("vms"), parameters.flag("on"));
    return object().put("dedupe", parameters.flag("on"));
  }

  private JsonNode reclaim(boolean compact) throws MachineException {
    long bytes = machines.reclaim(compact);
    return object().put("reclaimedBytes", bytes);
  }

  /** Sets a quota if a limit is given ({@code unlimited}: takes it away), and says what holds. */
  private JsonNode quota(Parameters parameters) throws MachineException, ControlException {
    OptionalLong limit =
        parameters.flag("unlimited")
            ? OptionalLong.of(Quota.NONE)
            : parameters.optionalBytes("limitBytes");
    if (parameters.flag("store")) {
      if (limit.isPresent()) {
        machines.limitStore(limit.getAsLong());
      }
      return MachineDocument.of(List.of(), Optional.of(machines.storeQuota()));
    }
    Optional<String> vm = parameters.optionalText("vm");
    if (vm.isEmpty()) {
      return MachineDocument.of(machines.quotas(), Optional.of(machines.storeQuota()));
    }
    if (limit.isPresent()) {
      machines.limit(vm.get(), limit.getAsLong());
    }
    return MachineDocument.of(List.of(machines.quota(vm.get())), Optional.empty());
  }

  private JsonNode clone(Parameters parameters, Progress progress)
      throws MachineException, ControlException {
    CloneRequest request =
        new CloneRequest(
            parameters.text("source"),
            parameters.texts("names"),
            parameters.flag("keepNames"),
            parameters.flag("full"));
    return MachineDocument.of(
        parameters.flag("dryRun")
            ? machines.planClone(request)
            : machines.clone(request, listener(progress)));
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

  private JsonNode rename(Parameters parameters) throws MachineException, ControlException {
    return object().put("name", machines.rename(vm(parameters), parameters.text("name")));
  }

  private JsonNode identity(String name) throws MachineException {
    return MachineDocument.of(machines.renewIdentity(name)).put("name", name);
  }

  private JsonNode powerOn(Parameters parameters) throws MachineException, ControlException {
    machines.powerOn(vm(parameters), parameters.optionalNumber("pid"), parameters.flag("swapFile"));
    return object().put("name", vm(parameters));
  }

  private JsonNode powerOff(String name) throws MachineException {
    ObjectNode document = object().put("name", name);
    document.put("warning", machines.powerOff(name).orElse(null));
    return document;
  }

  private JsonNode importVm(Parameters parameters, Progress progress)
      throws MachineException, ControlException {
    Path source = Path.of(parameters.text("path"));
    String name =
        machines.importDirectory(source, parameters.optionalText("name"), listener(progress));
    return object().put("name", name);
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }
}
