/**
 * The same tree through jnr-fuse and libfuse 2: the way where the kernel can not be spoken to
 * directly.
 */
package dev.pando.daemon.fuse.jnr;
