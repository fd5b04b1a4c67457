package dev.pando.daemon.tree;

import java.util.function.Consumer;

/**
 * What the store's records say of an inode: everything but the data of a regular file. A value;
 * changing an inode means publishing another one.
 *
 * @param mode type and permission bits
 * @param device st_rdev of a device node
 * @param accessNanos times are nanoseconds since the epoch, good from 1677 to 2262
 * @param flags a set of {@link #FROZEN}, {@link #IMAGE} and {@link #CAPABILITY}
 * @param parent of a directory: the directory it stands in; of a regular file: that in which it was
 *     last given a name, which it may have lost since, 0 if that is not on record; else 0
 * @param text of a directory its name in {@code parent}, of a symbolic link its target, else empty.
 *     Never changed after construction
 */
@SuppressWarnings("ArrayRecordComponent") // private to the package; compared nowhere
record InodeRecord(
    int mode,
    int userId,
    int groupId,
    int linkCount,
    int device,
    long accessNanos,
    long modifyNanos,
    long changeNanos,
    long birthNanos,
    int flags,
    long parent,
    byte[] text) {

  /** Part of a template: every way of changing it gets EROFS. */
  static final int FROZEN = 1;

  /**
   * A disk image by name: direct for every opener. Given when the file is made, linked or renamed
   * under the name of an image, never by size: an image is empty when it is made, and a text
   * descriptor that grew past some limit would change its mind while it is open. Descriptors bear
   * it too; they are read once at power-on, and a page cache would gain nothing there. It is never
   * taken away.
   */
  static final int IMAGE = 2;

  /** Has the extended attribute security.capability, which a write by another takes away. */
  static final int CAPABILITY = 4;

  static final byte[] NO_TEXT = {};

  /** A new inode of one link (a directory: two), all its times now. */
  static InodeRecord made(int mode, int userId, int groupId, long nowNanos) {
    return new InodeRecord(
        mode,
        userId,
        groupId,
        Mode.isDirectory(mode) ? 2 : 1,
        0,
        nowNanos,
        nowNanos,
        nowNanos,
        nowNanos,
        0,
        0,
        NO_TEXT);
  }

  boolean isRegular() {
    return Mode.isRegular(mode);
  }

  boolean isDirectory() {
    return Mode.isDirectory(mode);
  }

  boolean isFrozen() {
    return (flags & FROZEN) != 0;
  }

  boolean isImage() {
    return (flags & IMAGE) != 0;
  }

  boolean hasCapability() {
    return (flags & CAPABILITY) != 0;
  }

  /**
   * The mode as a write or a change of owner by {@code caller} leaves it, who has no right to keep
   * set-id bits: as Linux does (setattr_should_drop_suidgid), set-group-id without execution by the
   * group, which lets nobody act as the group, stays for who is in the group.
   */
  int modeWithoutSetId(Caller caller) {
    if (!Mode.hasSetId(mode)) {
      return mode;
    }
    int kept = mode & ~Mode.SET_USER_ID;
    boolean keepsGroup =
        (kept & Mode.SET_GROUP_ID) != 0 && (kept & Mode.GROUP_EXECUTE) == 0 && caller.isIn(groupId);
    return keepsGroup ? kept : kept & ~Mode.SET_GROUP_ID;
  }

  InodeRecord withFlag(int flag, boolean set) {
    return changed(draft -> draft.flags = set ? flags | flag : flags & ~flag);
  }

  InodeRecord withOwner(int newUserId, int newGroupId) {
    return changed(
        draft -> {
          draft.userId = newUserId;
          draft.groupId = newGroupId;
        });
  }

  InodeRecord withMode(int newMode) {
    return changed(draft -> draft.mode = newMode);
  }

  InodeRecord withTimes(long newAccessNanos, long newModifyNanos, long newChangeNanos) {
    return changed(
        draft -> {
          draft.accessNanos = newAccessNanos;
          draft.modifyNanos = newModifyNanos;
          draft.changeNanos = newChangeNanos;
        });
  }

  InodeRecord accessedAt(long newAccessNanos) {
    return newAccessNanos == accessNanos
        ? this
        : changed(draft -> draft.accessNanos = newAccessNanos);
  }

  /** Its times as a change of the data, if that is newer than what this record knows, left them. */
  InodeRecord withDataTime(long dataNanos) {
    return dataNanos > changeNanos ? withTimes(accessNanos, dataNanos, dataNanos) : this;
  }

  /** Changed (st_ctime) at this time, or when it was, if a clock stepped back. */
  InodeRecord changedAt(long nowNanos) {
    return changed(draft -> draft.changeNanos = Math.max(nowNanos, changeNanos));
  }

  /** Its data or its entries changed at this time. */
  InodeRecord modifiedAt(long nowNanos) {
    return withTimes(accessNanos, nowNanos, Math.max(nowNanos, changeNanos));
  }

  InodeRecord withLinkCount(int newLinkCount) {
    return changed(draft -> draft.linkCount = newLinkCount);
  }

  InodeRecord withDevice(int newDevice) {
    return changed(draft -> draft.device = newDevice);
  }

  InodeRecord withBirth(long newBirthNanos) {
    return changed(draft -> draft.birthNanos = newBirthNanos);
  }

  /** A directory at another place, or a symbolic link with this target. */
  InodeRecord withText(long newParent, byte[] newText) {
    return changed(
        draft -> {
          draft.parent = newParent;
          draft.text = newText;
        });
  }

  /** A regular file that was given a name in this directory. */
  InodeRecord withParent(long newParent) {
    return newParent == parent ? this : changed(draft -> draft.parent = newParent);
  }

  private InodeRecord changed(Consumer<Draft> change) {
    Draft draft = new Draft(this);
    change.accept(draft);
    return draft.record();
  }

  /** The fields of the record to come. */
  private static final class Draft {
    private int mode;
    private int userId;
    private int groupId;
    private int linkCount;
    private int device;
    private long accessNanos;
    private long modifyNanos;
    private long changeNanos;
    private long birthNanos;
    private int flags;
    private long parent;
    private byte[] text;

    Draft(InodeRecord record) {
      mode = record.mode;
      userId = record.userId;
      groupId = record.groupId;
      linkCount = record.linkCount;
      device = record.device;
      accessNanos = record.accessNanos;
      modifyNanos = record.modifyNanos;
      changeNanos = record.changeNanos;
      birthNanos = record.birthNanos;
      flags = record.flags;
      parent = record.parent;
      text = record.text;
    }

    InodeRecord record() {
      return new InodeRecord(
          mode,
          userId,
          groupId,
          linkCount,
          device,
          accessNanos,
          modifyNanos,
          changeNanos,
          birthNanos,
          flags,
          parent,
          text);
    }
  }
}
