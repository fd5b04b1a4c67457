package dev.pando.daemon;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.cowstore.Quota;
import dev.pando.cowstore.ScrubReport;
import dev.pando.daemon.tree.Opener;
import dev.pando.daemon.vm.cloning.CloneReport;
import dev.pando.daemon.vm.files.VmDisk;
import dev.pando.daemon.vm.listing.DamagedFile;
import dev.pando.daemon.vm.listing.Machine;
import dev.pando.daemon.vm.listing.ScrubbedStore;
import dev.pando.daemon.vm.listing.SpaceReport;
import dev.pando.daemon.vm.listing.VmQuota;
import dev.pando.daemon.vm.listing.VmSpace;
import dev.pando.daemon.vmware.KeyChange;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;

/** Machines and space as JSON documents. Their field names are a contract with scripts. */
final class MachineDocument {
  private MachineDocument() {}

  static ObjectNode of(Machine machine) {
    ObjectNode document = JsonNodeFactory.instance.objectNode();
    document.put("name", machine.name()).put("kind", machine.kind().word());
    if (machine.parent().isPresent()) {
      document.set("parent", of(machine.parent().get()));
    } else {
      document.putNull("parent");
    }
    machine.generation().ifPresent(number -> document.put("generation", number));
    if (machine.ambiguous()) {
      document.put("ambiguous", true);
    }
    document.put("running", machine.running());
    ArrayNode runningBy = document.putArray("runningBy");
    for (Opener opener : machine.runningBy()) {
      runningBy.addObject().put("pid", opener.processId()).put("command", opener.command());
    }
    document
        .put("logicalBytes", machine.logicalBytes())
        .put("privateBytes", machine.privateBytes())
        .put("sharedBytes", machine.sharedBytes());
    document.set("sameUuidAs", texts(machine.twins().byUuid()));
    document.set("sameMacAs", texts(machine.twins().byMac()));
    machine.details().ifPresent(details -> add(document, details));
    return document;
  }

  private static ArrayNode texts(List<String> texts) {
    ArrayNode array = JsonNodeFactory.instance.arrayNode();
    texts.forEach(array::add);
    return array;
  }

  private static ObjectNode of(Machine.Parent parent) {
    ObjectNode document = JsonNodeFactory.instance.objectNode();
    document.put("name", parent.name());
    if (parent.generation().isPresent()) {
      document.put("generation", parent.generation().getAsInt());
    } else {
      document.putNull("generation");
    }
    return document.putNull("snapshot").put("deleted", parent.deleted());
  }

  private static void add(ObjectNode document, Machine.Details details) {
    document.put("directory", details.directory());
    ArrayNode disks = document.putArray("disks");
    for (VmDisk disk : details.disks()) {
      disks.addObject().put("file", disk.file()).put("sizeBytes", disk.sizeBytes());
    }
    document.put("uuid", details.uuid().orElse(null));
    document.set("macs", texts(details.macs()));
    document.put("createdAt", time(details.createdNanos()));
    document.put("frozenAt", time(details.frozenNanos()));
    ArrayNode generations = document.putArray("earlierGenerations");
    for (Machine.EarlierGeneration generation : details.generations()) {
      generations
          .addObject()
          .put("generation", generation.number())
          .put("frozenAt", time(OptionalLong.of(generation.frozenNanos())));
    }
    document.setAll(of(details.changes()));
    document.put("moreChanges", details.moreChanges());
  }

  static ObjectNode of(List<Machine.Change> changes) {
    ObjectNode document = JsonNodeFactory.instance.objectNode();
    ArrayNode array = document.putArray("changes");
    for (Machine.Change change : changes) {
      array.add(of(change.change()).put("file", change.file()));
    }
    return document;
  }

  /** As ISO 8601 writes it, in UTC. */
  private static String time(OptionalLong nanos) {
    return nanos.isEmpty()
        ? null
        : Instant.ofEpochSecond(0, nanos.getAsLong()).truncatedTo(ChronoUnit.MILLIS).toString();
  }

  private static ObjectNode of(KeyChange change) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("key", change.key())
        .put("before", change.before().orElse(null))
        .put("after", change.after().orElse(null));
  }

  static ObjectNode of(CloneReport report) {
    ObjectNode document = JsonNodeFactory.instance.objectNode();
    ArrayNode vms = document.putArray("vms");
    report.names().forEach(name -> vms.addObject().put("name", name));
    ArrayNode files = document.putArray("files");
    for (CloneReport.File file : report.files()) {
      ObjectNode entry =
          files
              .addObject()
              .put("file", file.path())
              .put("cloneFile", file.clonePath().orElse(null))
              .put("fate", file.fate().word());
      ArrayNode changes = entry.putArray("changes");
      file.changes().forEach(change -> changes.add(of(change)));
    }
    document.set("warnings", texts(report.warnings()));
    return document;
  }

  static ObjectNode of(ScrubbedStore scrubbed) {
    ScrubReport report = scrubbed.report();
    ObjectNode document =
        JsonNodeFactory.instance
            .objectNode()
            .put("readBytes", report.readBytes())
            .put("verifiedBytes", report.verifiedBytes())
            .put("pendingBytes", report.pendingBytes())
            .put("changingBytes", report.changingBytes())
            .put("mapPages", report.pages());
    ArrayNode damages = document.putArray("damages");
    for (DamagedFile damaged : scrubbed.damaged()) {
      damages
          .addObject()
          .put("vm", damaged.vm().orElse(null))
          .put("file", damaged.path().orElse(null))
          .put("offsetBytes", damaged.damage().offset())
          .put("lengthBytes", damaged.damage().lengthBytes())
          .put("kind", damaged.damage().kind().name().toLowerCase(Locale.ROOT));
    }
    return document.put("moreDamages", report.moreDamages());
  }

  /** Quotas of VMs, and the store's. */
  static ObjectNode of(List<VmQuota> quotas, Optional<Quota> ofStore) {
    ObjectNode document = JsonNodeFactory.instance.objectNode();
    ArrayNode vms = document.putArray("vms");
    quotas.forEach(quota -> put(vms.addObject().put("name", quota.name()), quota.quota()));
    ofStore.ifPresent(quota -> put(document.putObject("store"), quota));
    return document;
  }

  private static void put(ObjectNode document, Quota quota) {
    document.put("usedBytes", quota.usedBytes());
    if (quota.limitBytes() == Quota.NONE) {
      document.putNull("quotaBytes");
    } else {
      document.put("quotaBytes", quota.limitBytes());
    }
  }

  static ObjectNode of(SpaceReport space) {
    ObjectNode document =
        JsonNodeFactory.instance
            .objectNode()
            .put("logicalBytes", space.logicalBytes())
            .put("storedBytes", space.storedBytes())
            .put("metadataBytes", space.metadataBytes())
            .put("savedByCloningBytes", space.savedByCloningBytes())
            .put("savedByDedupeBytes", space.savedByDedupeBytes())
            .put("savedByZerosBytes", space.savedByZerosBytes())
            .put("reclaimableBytes", space.reclaimableBytes())
            .put("swapAsideBytes", space.swapAsideBytes())
            .put("capacityBytes", space.capacityBytes());
    ArrayNode vms = document.putArray("vms");
    for (VmSpace vm : space.vms()) {
      vms.addObject()
          .put("name", vm.name())
          .put("kind", vm.kind().word())
          .put("clones", vm.clones())
          .put("logicalBytes", vm.logicalBytes())
          .put("privateBytes", vm.privateBytes())
          .put("sharedBytes", vm.sharedBytes());
    }
    space.freedIfRemovedBytes().ifPresent(bytes -> document.put("freedIfRemovedBytes", bytes));
    return document;
  }
}
