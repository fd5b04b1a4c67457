package dev.pando.daemon.vm.files;

/**
 * A hard disk of a VM.
 *
 * @param file relative to the VM's directory
 * @param sizeBytes as the guest sees it
 */
public record VmDisk(String file, long sizeBytes) {}
