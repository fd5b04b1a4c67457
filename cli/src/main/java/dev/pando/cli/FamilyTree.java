package dev.pando.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Who was cloned from whom, from the document of {@code list}: VMs under their parents. A parent
 * that is gone is drawn for the sake of its clones.
 */
final class FamilyTree {
  private static final String GAP = "  ";

  private final List<Node> roots = new ArrayList<>();

  private FamilyTree() {}

  /**
   * A VM, or a parent that is gone.
   *
   * @param vm as it stands in the list; null if it is gone
   */
  private record Node(String name, JsonNode vm, List<Node> clones) {
    String label() {
      return vm == null ? name + " (removed)" : name;
    }

    /** What stands beside the name. */
    String facts() {
      if (vm == null) {
        return "";
      }
      List<String> facts = new ArrayList<>();
      facts.add(VmTable.kind(vm));
      JsonNode generation = vm.path("parent").path("generation");
      if (generation.isIntegralNumber()) {
        facts.add("of @" + generation.asLong());
      }
      if (vm.path("running").asBoolean()) {
        facts.add("running");
      }
      return String.join(", ", facts);
    }
  }

  static FamilyTree of(JsonNode list) {
    FamilyTree tree = new FamilyTree();
    Map<String, Node> present = new LinkedHashMap<>();
    for (JsonNode vm : list.path("vms")) {
      String name = vm.path("name").asText();
      present.put(name, new Node(name, vm, new ArrayList<>()));
    }
    Map<String, Node> gone = new LinkedHashMap<>();
    for (Node node : present.values()) {
      JsonNode parent = node.vm().path("parent");
      String name = parent.path("name").asText();
      if (!parent.hasNonNull("name")) {
        tree.roots.add(node);
      } else if (present.containsKey(name) && !parent.path("deleted").asBoolean()) {
        present.get(name).clones().add(node);
      } else {
        gone.computeIfAbsent(name, removed -> new Node(removed, null, new ArrayList<>()))
            .clones()
            .add(node);
      }
    }
    tree.roots.addAll(gone.values());
    return tree;
  }

  // ---- as a drawing

  /** One line a VM. */
  String drawing() {
    List<String[]> lines = new ArrayList<>();
    for (Node root : roots) {
      draw(root, "", "", lines);
    }
    int width = lines.stream().mapToInt(line -> line[0].length()).max().orElse(0);
    StringBuilder text = new StringBuilder();
    for (String[] line : lines) {
      String padding = " ".repeat(width - line[0].length());
      text.append((line[0] + padding + GAP + line[1]).stripTrailing()).append('\n');
    }
    return text.toString();
  }

  private static void draw(Node node, String first, String rest, List<String[]> lines) {
    lines.add(new String[] {first + Sentences.printable(node.label()), node.facts()});
    for (int i = 0; i < node.clones().size(); i++) {
      boolean last = i == node.clones().size() - 1;
      draw(
          node.clones().get(i),
          rest + (last ? "└─ " : "├─ "),
          rest + (last ? "   " : "│  "),
          lines);
    }
  }

  // ---- as a document

  /** Each VM with its clones. */
  ObjectNode document() {
    ObjectNode document = Json.object();
    addTo(document.putArray("vms"), roots);
    return document;
  }

  private static void addTo(ArrayNode array, List<Node> nodes) {
    for (Node node : nodes) {
      ObjectNode entry =
          array.addObject().put("name", node.name()).put("deleted", node.vm() == null);
      entry.set("kind", node.vm() == null ? null : node.vm().path("kind"));
      JsonNode generation = node.vm() == null ? null : node.vm().path("parent").path("generation");
      entry.set(
          "ofGeneration", generation == null || !generation.isIntegralNumber() ? null : generation);
      addTo(entry.putArray("clones"), node.clones());
    }
  }
}
