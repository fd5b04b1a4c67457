/**
 * Segments: the large data files that hold the blocks. {@link dev.pando.cowstore.segment.Segments}
 * reads, writes and flushes by block address; {@link dev.pando.cowstore.segment.Allocator} hands
 * out free blocks so that those of one VM, and neighbours in one file, lie together.
 */
package dev.pando.cowstore.segment;
