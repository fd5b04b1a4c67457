/**
 * What every new VM needs, cloned or imported: a place, an identity, and files that are whole
 * before they get a name.
 */
package dev.pando.daemon.vm.making;
