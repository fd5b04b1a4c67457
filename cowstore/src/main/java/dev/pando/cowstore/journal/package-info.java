/**
 * The crash journal: a ring of numbered, checksummed records in a mapped file. It knows where
 * records begin and end and whether they are whole; what they mean is its owner's business.
 */
package dev.pando.cowstore.journal;
