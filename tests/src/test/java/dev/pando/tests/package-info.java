/**
 * What needs a real mount and real programs. {@link dev.pando.tests.MountedStore} is a store and
 * its mount for one test, driven by {@code cli/bin/pando} as a user would; {@link
 * dev.pando.tests.Program} runs anything else. No test looks inside the store: what is claimed here
 * is what a user can see.
 */
package dev.pando.tests;
