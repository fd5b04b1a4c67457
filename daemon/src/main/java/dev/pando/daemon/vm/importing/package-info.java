/** VMs of the host, brought into the store. */
package dev.pando.daemon.vm.importing;
