/**
 * Runs the store under a scheduler of our own: one thread at a time, and a number decides which one
 * goes on at each step. {@link dev.pando.cowstore.schedule.Search} tries number after number; the
 * same number runs the same way again.
 *
 * <p>How it works. {@link dev.pando.cowstore.schedule.WeavingLoader} loads the store and its
 * scenarios anew, and {@link dev.pando.cowstore.schedule.Weaver} puts a call to {@link
 * dev.pando.cowstore.schedule.Hooks} before each access to a volatile field, each atomic operation
 * and each call to the host or the catalog, and in the place of each lock, wait, thread start and
 * look at the clock. There a {@link dev.pando.cowstore.schedule.Scheduler} may let another {@link
 * dev.pando.cowstore.schedule.Strand} go on, as its {@link dev.pando.cowstore.schedule.Policy}
 * says. Calls to native code are one step.
 *
 * <p>What it does not see: what a processor reorders, for all strands see one memory in one order;
 * what lies between two accesses to plain fields and arrays, which are for one thread or under a
 * lock, and to mapped memory; threads inside of libraries.
 */
package dev.pando.cowstore.schedule;
