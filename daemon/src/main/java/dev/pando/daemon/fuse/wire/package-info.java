/**
 * The words of the FUSE protocol (the kernel's {@code include/uapi/linux/fuse.h}, version 7.45):
 * its structs as flyweights over a buffer, its opcodes and its flags. A flyweight is made once for
 * a place in memory and used for every request that comes to lie there, so that reading a request
 * and writing its reply allocate nothing. Only the fields that are used have accessors; integers
 * are in the order of the host.
 */
package dev.pando.daemon.fuse.wire;
