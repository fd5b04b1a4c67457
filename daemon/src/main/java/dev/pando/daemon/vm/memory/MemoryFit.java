package dev.pando.daemon.vm.memory;

import dev.pando.daemon.memory.Admission;
import dev.pando.daemon.memory.Promise;
import dev.pando.daemon.memory.VmMemory;

/**
 * How many more VMs of a kind could be powered on.
 *
 * @param memory what each is configured to have
 * @param each what each would be promised
 * @param admission what there is
 */
public record MemoryFit(String name, VmMemory memory, Promise each, Admission admission) {
  public Admission.Fit fit() {
    return admission.fit(each);
  }
}
