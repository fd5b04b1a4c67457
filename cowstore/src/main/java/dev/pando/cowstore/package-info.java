/** Placeholder. */
package dev.pando.cowstore;
