/**
 * What the tests of all modules share: how long they wait. Compiled into the tests of each, for a
 * module's tests can not be used by another's.
 */
package dev.pando.testing;
