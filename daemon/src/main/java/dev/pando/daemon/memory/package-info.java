/**
 * The memory of a host and what may be promised of it: pure arithmetic over what others have read.
 * Amounts are bytes; where a source gives megabytes, they are of 1,048,576 bytes.
 */
package dev.pando.daemon.memory;
