/**
 * How fast Pando is, against its peers and against the limits of the machine: works are measured in
 * turn, contender by contender and round by round, and every figure that counts is a ratio of two
 * of one run.
 */
package dev.pando.tests.bench;
