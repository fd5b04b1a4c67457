/**
 * The catalog: map pages and records in LMDB, changed by one durable transaction a commit. Reading
 * is by short transactions that are reset before they are put back.
 */
package dev.pando.cowstore.catalog;
