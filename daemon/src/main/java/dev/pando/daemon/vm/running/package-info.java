/** Whether a VM runs, and who runs it. */
package dev.pando.daemon.vm.running;
