/** Linked and full clones. */
package dev.pando.daemon.vm.cloning;
