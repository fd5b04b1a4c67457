/**
 * Virtual machines: which directories of the tree are VMs, what a template, a linked clone and a
 * generation are, and the operations on them. {@link dev.pando.daemon.vm.Machines} is the door. An
 * operation is atomic: new machines are built in directories without a name and linked in one step,
 * so what is refused, fails or is killed leaves nothing behind. It stands on {@code daemon.tree}
 * for files and on {@code daemon.vmware} for what is in them.
 */
package dev.pando.daemon.vm;
