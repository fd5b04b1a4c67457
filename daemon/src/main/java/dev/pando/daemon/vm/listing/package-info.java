/** What is told of VMs: their list, their space, their description for libvirt. */
package dev.pando.daemon.vm.listing;
