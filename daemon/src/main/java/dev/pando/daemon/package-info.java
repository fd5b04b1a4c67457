/** Placeholder. */
package dev.pando.daemon;
