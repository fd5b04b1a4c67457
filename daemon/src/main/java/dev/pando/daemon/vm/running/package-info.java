/** Whether a VM runs, and who runs it; its admission, and what that keeps for it. */
package dev.pando.daemon.vm.running;
