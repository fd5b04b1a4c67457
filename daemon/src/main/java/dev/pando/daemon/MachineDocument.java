package dev.pando.daemon;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.daemon.tree.Opener;
import dev.pando.daemon.vm.Machine;
import dev.pando.daemon.vm.SpaceReport;

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
    machine.details().ifPresent(details -> add(document, details));
    return document;
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
    for (Machine.Disk disk : details.disks()) {
      disks.addObject().put("file", disk.file()).put("sizeBytes", disk.sizeBytes());
    }
    document.put("uuid", details.uuid().orElse(null));
    ArrayNode macs = document.putArray("macs");
    details.macs().forEach(macs::add);
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
            .put("capacityBytes", space.capacityBytes());
    space.freedIfRemovedBytes().ifPresent(bytes -> document.put("freedIfRemovedBytes", bytes));
    return document;
  }
}
