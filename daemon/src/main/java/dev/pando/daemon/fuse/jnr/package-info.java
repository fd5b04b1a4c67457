/**
 * The same tree through jnr-fuse and libfuse 2 (2.9, protocol 7.19), which addresses everything by
 * path. jnr-fuse gives the layouts of libfuse's structs and finds the library; what it does with
 * paths, flags, threads, mounting and unmounting is done here instead, for the reasons that stand
 * where it is done. {@link dev.pando.daemon.fuse.jnr.Negotiation} adds to what libfuse agrees with
 * the kernel on, {@link dev.pando.daemon.fuse.jnr.LibFuseSession} takes requests and has libfuse
 * execute them, libfuse calls what {@link dev.pando.daemon.fuse.jnr.OperationTable} holds, {@link
 * dev.pando.daemon.fuse.jnr.Paths} leads from its paths to nodes. What libfuse 2 can not do:
 *
 * <table>
 * <caption>Limits, and what a program gets</caption>
 * <tr><td>renameat2 with flags</td><td>EINVAL (RENAME_NOREPLACE on to a name that is there: EEXIST)
 * </td></tr>
 * <tr><td>SEEK_HOLE, SEEK_DATA</td><td>the whole file is data</td></tr>
 * <tr><td>copy_file_range</td><td>reads and writes: right, but no block is shared</td></tr>
 * <tr><td>O_TMPFILE</td><td>EOPNOTSUPP</td></tr>
 * <tr><td>a shared mapping of an image, or of a file with several names</td><td>ENODEV</td></tr>
 * <tr><td>a file's time of birth</td><td>0: unknown</td></tr>
 * <tr><td>fstat and readdir of a directory that was removed while open, fstat of what was opened with O_PATH and removed</td><td>ENOENT</td></tr>
 * <tr><td>fstat and the like (not read, write, truncate, fsync) of an open file that was removed, and
 * its directory after it</td><td>ENOENT</td></tr>
 * <tr><td>two names of one file</td><td>two files to the kernel: locks by one do not meet locks by
 * the other</td></tr>
 * <tr><td>changes by the daemon itself (clone, thaw, remove)</td><td>seen at the next look-up or
 * open; who has a small file open sees it when its size or time of modification changed</td></tr>
 * <tr><td>a request</td><td>at most 128 KiB</td></tr>
 * </table>
 *
 * <p>{@code JnrFuseLimitsTest} watches them.
 */
package dev.pando.daemon.fuse.jnr;
