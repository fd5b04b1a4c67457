package dev.pando.daemon.tree;

/**
 * What a transport asks of a file system. Nodes are persistent inode numbers; the root is {@link
 * #ROOT}. Names are the raw bytes of one path component, never empty, never containing {@code /} or
 * NUL (the transport's caller, the kernel, guarantees it; an implementation checks what would harm
 * it).
 *
 * <p>Permission bits are the kernel's business ({@code default_permissions}). Every method may be
 * called from any number of threads at once, and throws {@link ErrnoException} with the exact errno
 * for the caller.
 */
public interface FileSystem {
  /** The node of the root directory. */
  long ROOT = 1;

  /**
   * The same file system for one who wants a receipt for each request that must not be executed
   * twice: those that make, link, move or remove a name, and those that set or remove an extended
   * attribute.
   */
  default FileSystem receipted(Receipt receipt) {
    return this;
  }

  /** Finds {@code name} in {@code parent} and fills {@code out}; ENOENT if there is none. */
  void lookup(long parent, byte[] name, Attributes out) throws ErrnoException;

  /** Fills {@code out} with the attributes of {@code node}; ESTALE if it does not exist. */
  void attributes(long node, Attributes out) throws ErrnoException;

  /** Applies {@code change} to {@code node} in one step and fills {@code out} with the result. */
  void setAttributes(long node, AttributeChange change, Attributes out) throws ErrnoException;

  /** The target of the symbolic link {@code node}. */
  byte[] readLink(long node) throws ErrnoException;

  /** Makes a regular file, fifo, socket or device node, according to the type bits of mode. */
  void makeNode(long parent, byte[] name, int mode, int device, Caller caller, Attributes out)
      throws ErrnoException;

  /** Makes a directory. */
  void makeDirectory(long parent, byte[] name, int mode, Caller caller, Attributes out)
      throws ErrnoException;

  /** Makes a symbolic link to {@code target}. */
  void makeSymlink(long parent, byte[] name, byte[] target, Caller caller, Attributes out)
      throws ErrnoException;

  /** Makes a hard link to {@code node}. */
  void link(long node, long newParent, byte[] newName, Attributes out) throws ErrnoException;

  /** Removes a name that is not a directory. An open file lives until its last close. */
  void unlink(long parent, byte[] name) throws ErrnoException;

  /** Removes an empty directory. */
  void removeDirectory(long parent, byte[] name) throws ErrnoException;

  /**
   * Renames. {@code flags} as in renameat2(2): {@link #RENAME_NOREPLACE}, {@link #RENAME_EXCHANGE},
   * or 0; anything else is EINVAL.
   */
  void rename(long parent, byte[] name, long newParent, byte[] newName, int flags)
      throws ErrnoException;

  int RENAME_NOREPLACE = 1;
  int RENAME_EXCHANGE = 2;

  /**
   * Opens a regular file.
   *
   * @param flags open(2) flags as the kernel hands them on, O_TRUNC included
   */
  OpenFile open(long node, int flags, Caller caller) throws ErrnoException;

  /**
   * Opens a regular file again, for a process that an earlier daemon opened it for: nothing is
   * refused or cut now.
   *
   * @param flags open(2) flags of then
   * @param direct what {@link OpenFile#isDirect} said then
   */
  default OpenFile reopen(long node, int flags, int processId, boolean direct)
      throws ErrnoException {
    throw new ErrnoException(Errno.ENOSYS);
  }

  /**
   * Everything that was open is so again: what has no name, and nobody open, ends, or when the
   * kernel forgets it. Before any request that is not a {@link #reopen}.
   */
  default void reopened() {}

  /** Makes a regular file and opens it in one step; EEXIST or an open, as O_EXCL says. */
  OpenFile create(long parent, byte[] name, int mode, int flags, Caller caller, Attributes out)
      throws ErrnoException;

  /** Makes a file without a name (O_TMPFILE) and opens it. */
  OpenFile createUnnamed(long parent, int mode, int flags, Caller caller, Attributes out)
      throws ErrnoException;

  /**
   * Hands the entries of {@code node} after {@code cookie} (0: from the beginning, {@code .} and
   * {@code ..} first) to {@code sink} until it takes no more. Cookies are persistent: an entry that
   * exists during the whole of a reading is seen once, whatever comes and goes beside it.
   *
   * @param withAttributes whether the sink wants each entry's attributes
   */
  void readDirectory(long node, long cookie, boolean withAttributes, DirectorySink sink)
      throws ErrnoException;

  /**
   * The entries of a directory or the target of a symbolic link were read by somebody who wants
   * that known (no O_NOATIME): the time of access moves, as relatime moves it.
   */
  default void accessed(long node) {}

  /**
   * From now on the transport says by {@link #forget} when the kernel is done with a node: one that
   * loses its last name at the kernel's request stays until then, and is no error to ask for.
   */
  default void awaitForgets() {}

  /** The kernel is done with {@code node}; it must look it up again before it asks for it. */
  default void forget(long node) {}

  /** Makes every change of the names in directory {@code node} durable, then answers. */
  void syncDirectory(long node, Completion done);

  /**
   * Fills {@code out} with the figures of the whole file system, or of the quota that {@code node}
   * counts to.
   */
  void statistics(long node, FileSystemStatistics out) throws ErrnoException;

  /** The value of an extended attribute; ENODATA if there is none. */
  byte[] extendedAttribute(long node, byte[] name) throws ErrnoException;

  /** The names of all extended attributes, each ended by a NUL. */
  byte[] extendedAttributeNames(long node) throws ErrnoException;

  /** Sets an extended attribute. {@code flags}: XATTR_CREATE 1, XATTR_REPLACE 2, or 0. */
  void setExtendedAttribute(long node, byte[] name, byte[] value, int flags) throws ErrnoException;

  /** Removes an extended attribute; ENODATA if there is none. */
  void removeExtendedAttribute(long node, byte[] name) throws ErrnoException;

  /** Takes directory entries; used by {@link #readDirectory}. */
  interface DirectorySink {
    /**
     * Offers one entry.
     *
     * @param cookie where a later reading goes on after this entry
     * @param type the type bits of the entry's mode (S_IFMT)
     * @param attributes the entry's attributes, valid during the call only; null when none were
     *     asked for and for {@code .} and {@code ..}
     * @return false if the entry did not fit and was not taken
     */
    boolean entry(long cookie, long node, int type, byte[] name, Attributes attributes);
  }
}
