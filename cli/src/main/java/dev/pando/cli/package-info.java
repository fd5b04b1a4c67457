/** Placeholder. */
package dev.pando.cli;
