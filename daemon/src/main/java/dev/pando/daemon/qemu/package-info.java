/**
 * What QEMU's users keep of a virtual machine: libvirt's domain XML, as functions over bytes.
 * {@link dev.pando.daemon.qemu.DomainXml} reads it, {@link dev.pando.daemon.qemu.DomainRewrite}
 * makes a clone's of it and keeps every byte that need not change, and {@link
 * dev.pando.daemon.qemu.NewDomain} writes one for a machine that has none. Nothing here touches a
 * file system.
 */
package dev.pando.daemon.qemu;
