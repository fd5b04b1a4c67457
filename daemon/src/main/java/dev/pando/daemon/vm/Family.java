package dev.pando.daemon.vm;

import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.TreeView;
import dev.pando.daemon.vm.files.VmRecord;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Who was cloned from whom. Used by one thread. */
final class Family {
  /** How many clones a sentence names. */
  private static final int NAMED = 5;

  private final TreeView view;

  Family(TreeView view) {
    this.view = view;
  }

  /**
   * A linked clone.
   *
   * @param node inode of its directory
   * @param generation of its parent that it was cloned from; 0 if that was no template
   */
  record Clone(long node, String name, int generation) {}

  /**
   * The linked clones that there are of each of {@code parents}, by name; full clones share nothing
   * with a parent.
   */
  Map<Long, List<Clone>> clonesOf(Set<Long> parents) throws ErrnoException {
    Map<Long, List<Clone>> clones = new HashMap<>();
    parents.forEach(parent -> clones.put(parent, new ArrayList<>()));
    for (Map.Entry<Long, byte[]> attached : view.attachments(VmRecord.PART).entrySet()) {
      VmRecord record = VmRecord.decode(attached.getValue());
      if (clones.containsKey(record.parentNode()) && !record.independent()) {
        Optional<String> name = view.path(attached.getKey());
        if (name.isPresent()) {
          Clone clone = new Clone(attached.getKey(), name.get(), record.parentGeneration());
          clones.get(record.parentNode()).add(clone);
        }
      }
    }
    clones.values().forEach(ofOne -> ofOne.sort(Comparator.comparing(Clone::name)));
    return clones;
  }

  /** {@code 20 linked clones were made from it: s01, s02, s03, s04, s05 and 15 more}. */
  static String sentence(List<Clone> clones) {
    List<String> names = clones.stream().limit(NAMED).map(Clone::name).toList();
    int more = clones.size() - names.size();
    return (clones.size() == 1 ? "a linked clone was" : clones.size() + " linked clones were")
        + " made from it: "
        + String.join(", ", names)
        + (more > 0 ? " and " + more + " more" : "");
  }
}
