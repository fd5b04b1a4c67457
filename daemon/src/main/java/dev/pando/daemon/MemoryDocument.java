package dev.pando.daemon;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.daemon.memory.Admission;
import dev.pando.daemon.memory.HostMemory;
import dev.pando.daemon.memory.MinFree;
import dev.pando.daemon.memory.Promise;
import dev.pando.daemon.memory.VmMemory;
import dev.pando.daemon.vm.memory.MemoryFit;
import dev.pando.daemon.vm.memory.MemoryReport;
import dev.pando.daemon.vm.running.HostAccount;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;

/** Memory as JSON documents. Their field names are a contract with scripts. */
final class MemoryDocument {
  private MemoryDocument() {}

  static ObjectNode of(MemoryReport report) {
    ObjectNode document = object();
    HostMemory host = report.host();
    Promise promised = report.promised();
    put(document.putObject("host"), report.account())
        .put("overheadBytes", promised.overheadBytes())
        .put("configuredBytes", promised.sizeBytes())
        .put("reservedBytes", promised.reservationBytes())
        .put("unreservedBytes", host.unreservedBytes(promised))
        .put("availableBytes", host.availableBytes(promised))
        .put("overcommittedBytes", report.overcommittedBytes())
        .put("swapBytes", promised.swapBytes())
        .put("swapAsideBytes", report.swapAsideBytes())
        .put("freeBytes", report.freeBytes())
        .put("minFreeBytes", MinFree.bytes(host.totalBytes()))
        .put("state", report.state().word());
    ArrayNode vms = document.putArray("vms");
    report.vms().forEach(row -> put(vms.addObject(), row));
    return document;
  }

  /** What is said of the host, and what follows. */
  static ObjectNode of(HostAccount account) {
    return put(object(), account);
  }

  private static ObjectNode put(ObjectNode document, HostAccount account) {
    HostMemory host = account.memory();
    String source = account.measured().isLimited() ? "cgroup" : "machine";
    return document
        .put("totalBytes", host.totalBytes())
        .put("totalFrom", account.settings().totalBytes().isPresent() ? "set" : source)
        .put("reserveBytes", host.reserveBytes())
        .put("overheadRule", host.overhead().text());
  }

  private static void put(ObjectNode document, MemoryReport.Row row) {
    Optional<VmMemory> memory = row.memory();
    Promise promise = row.promise();
    long size = memory.map(VmMemory::sizeBytes).orElse(promise.sizeBytes());
    document
        .put("name", row.name())
        .put("template", row.isTemplate())
        .put("sizeBytes", row.isOn() ? promise.sizeBytes() : size)
        .put("reservationBytes", promise.reservationBytes())
        .put("limitBytes", memory.flatMap(MemoryDocument::limit).orElse(null))
        .put("shares", memory.map(m -> m.shares().of(size)).orElse(null))
        .put("processors", memory.map(VmMemory::processors).orElse(null))
        .put("overheadBytes", promise.overheadBytes())
        .put("swapBytes", promise.swapBytes())
        .put("poweredOn", row.isOn())
        .put("admitted", row.isOn() ? Boolean.valueOf(row.isAdmitted()) : null)
        .put("residentBytes", boxed(row.residentBytes()))
        .putNull("balloonBytes")
        .put("pid", row.process().map(process -> process.processId()).orElse(null))
        .put("givenBytes", boxed(row.givenBytes()))
        .put("configurationChanged", row.isChanged())
        .put("givenOtherwise", row.isGivenOtherwise())
        .put("problem", row.problem().orElse(null));
  }

  private static Optional<Long> limit(VmMemory memory) {
    return memory.limitBytes() == VmMemory.UNLIMITED
        ? Optional.empty()
        : Optional.of(memory.limitBytes());
  }

  private static Long boxed(OptionalLong bytes) {
    return bytes.isPresent() ? bytes.getAsLong() : null;
  }

  static ObjectNode of(MemoryFit planned) {
    Admission.Fit fit = planned.fit();
    Admission admission = planned.admission();
    return object()
        .put("name", planned.name())
        .put("sizeBytes", planned.memory().sizeBytes())
        .put("reservationBytes", planned.each().reservationBytes())
        .put("overheadBytes", planned.each().overheadBytes())
        .put("swapBytes", planned.each().swapBytes())
        .put("unreservedBytes", admission.host().unreservedBytes(admission.promised()))
        .put("swapRoomBytes", admission.swapRoomBytes())
        .put("more", fit.count())
        .put("stoppedBy", fit.bound().name().toLowerCase(Locale.ROOT).replace('_', '-'))
        .put("withoutOvercommit", fit.withoutOvercommit());
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }
}
