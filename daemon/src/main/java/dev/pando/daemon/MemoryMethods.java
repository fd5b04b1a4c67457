package dev.pando.daemon;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.ControlMethod;
import dev.pando.daemon.control.ExitStatus;
import dev.pando.daemon.control.Parameters;
import dev.pando.daemon.memory.HostSettings;
import dev.pando.daemon.memory.OverheadRule;
import dev.pando.daemon.memory.Shares;
import dev.pando.daemon.memory.VmMemory;
import dev.pando.daemon.vm.files.MachineException;
import dev.pando.daemon.vm.memory.MachineMemory;
import dev.pando.daemon.vm.memory.MemoryRequest;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** What commands can ask of the memory of a host and its VMs, by the names of the commands. */
final class MemoryMethods {
  private final MachineMemory memory;

  MemoryMethods(MachineMemory memory) {
    this.memory = memory;
  }

  Map<String, ControlMethod> all() {
    Map<String, ControlMethod> methods = new HashMap<>();
    methods.put("memory", lasting(parameters -> MemoryDocument.of(memory.report())));
    methods.put("memory-host", lasting(this::host));
    methods.put("memory-set", lasting(this::set));
    methods.put("memory-fit", lasting(this::fit));
    return methods;
  }

  @FunctionalInterface
  private interface Work {
    JsonNode done(Parameters parameters) throws MachineException, ControlException;
  }

  private static ControlMethod lasting(Work work) {
    return ControlMethod.lasting(
        (parameters, progress) -> {
          try {
            return work.done(parameters);
          } catch (MachineException e) {
            throw Refusals.of(e);
          }
        });
  }

  /** Changes what is named, and says what holds. */
  private JsonNode host(Parameters parameters) throws MachineException, ControlException {
    OptionalLong total = parameters.optionalBytes("totalBytes");
    OptionalLong reserve = parameters.optionalBytes("reserveBytes");
    boolean isMeasured = parameters.flag("measured");
    Optional<String> rule = parameters.optionalText("overhead");
    Optional<OverheadRule> overhead = rule.flatMap(OverheadRule::parse);
    if (rule.isPresent() && overhead.isEmpty()) {
      throw usage("'" + rule.get() + "' is no rule of overhead: table or included would be");
    }
    if (total.isPresent() || reserve.isPresent() || isMeasured || overhead.isPresent()) {
      memory.set(
          before ->
              new HostSettings(
                  isMeasured
                      ? OptionalLong.empty()
                      : total.isPresent() ? total : before.totalBytes(),
                  reserve.isPresent() ? reserve : before.reserveBytes(),
                  overhead.orElse(before.overhead())));
    }
    return MemoryDocument.of(memory.host());
  }

  private JsonNode set(Parameters parameters) throws MachineException, ControlException {
    String vm = parameters.text("vm");
    ObjectNode document = MachineDocument.of(memory.set(vm, request(parameters)));
    return document.put("name", vm);
  }

  private JsonNode fit(Parameters parameters) throws MachineException, ControlException {
    return MemoryDocument.of(memory.fit(parameters.text("vm"), request(parameters)));
  }

  private static MemoryRequest request(Parameters parameters) throws ControlException {
    Optional<String> word = parameters.optionalText("shares");
    Optional<Shares> shares = word.flatMap(Shares::parse);
    if (word.isPresent() && shares.isEmpty()) {
      throw usage("'" + word.get() + "' are no shares: low, normal, high or a number would be");
    }
    return new MemoryRequest(
        parameters.optionalBytes("sizeBytes"),
        parameters.flag("reserveAll")
            ? OptionalLong.of(MemoryRequest.ALL)
            : parameters.optionalBytes("reservationBytes"),
        parameters.flag("unlimited")
            ? OptionalLong.of(VmMemory.UNLIMITED)
            : parameters.optionalBytes("limitBytes"),
        shares);
  }

  private static ControlException usage(String sentence) {
    return new ControlException(ExitStatus.USAGE, sentence);
  }
}
