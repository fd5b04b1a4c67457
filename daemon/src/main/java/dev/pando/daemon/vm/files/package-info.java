/** A VM as its directory: which files make one, what they say, what is on record of it. */
package dev.pando.daemon.vm.files;
