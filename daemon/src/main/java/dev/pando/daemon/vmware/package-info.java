/**
 * The text formats of a VMware virtual machine, as functions over bytes: the dictionary of {@code
 * .vmx} and {@code .vmsd} ({@link dev.pando.daemon.vmware.VmxDictionary}), the disk descriptor
 * ({@link dev.pando.daemon.vmware.VmdkDescriptor}) and the supplement ({@link
 * dev.pando.daemon.vmware.Vmxf}). Whatever is not understood or not changed keeps every byte.
 * {@link dev.pando.daemon.vmware.CloneRewrite} turns a template's files into a clone's, {@link
 * dev.pando.daemon.vmware.Identity} makes what is the clone's own, and {@link
 * dev.pando.daemon.vmware.VmFiles} tells by name what each file of a VM's directory is. Nothing
 * here touches a file system.
 */
package dev.pando.daemon.vmware;
