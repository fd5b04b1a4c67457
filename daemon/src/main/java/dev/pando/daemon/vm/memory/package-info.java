/** The memory of VMs and host: what is told of it, changed in a VM's files, and what would fit. */
package dev.pando.daemon.vm.memory;
