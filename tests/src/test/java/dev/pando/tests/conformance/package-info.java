/**
 * Conformance: each case runs on every {@link dev.pando.tests.conformance.Volume}, which is Pando's
 * mount through each transport and ext4 as the control. A case that fails on ext4 is a wrong case.
 * {@link dev.pando.tests.conformance.Posix} makes the system calls themselves, so that a case sees
 * the errno and not what Java makes of it; {@link dev.pando.tests.conformance.NotOn} excuses a case
 * from a volume and names the limit that does.
 */
package dev.pando.tests.conformance;
