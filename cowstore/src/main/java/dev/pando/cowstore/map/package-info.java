/**
 * Block maps: a file's table from logical block to physical block, as a persistent radix tree of
 * pages, like the page tables of a processor. {@link dev.pando.cowstore.map.MapPage} is a page,
 * {@link dev.pando.cowstore.map.PageTable} knows the one live instance of each, {@link
 * dev.pando.cowstore.map.BlockMap} is the tree of one file: it looks up, copies what the file does
 * not own, and changes what it does. Pages are changed by one thread at a time, the one that holds
 * the store's log lock; they are read without a lock.
 */
package dev.pando.cowstore.map;
