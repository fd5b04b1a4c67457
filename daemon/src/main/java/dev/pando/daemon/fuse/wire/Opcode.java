package dev.pando.daemon.fuse.wire;

import java.util.Arrays;

/** {@code enum fuse_opcode}: what the kernel can ask. */
public enum Opcode {
  LOOKUP(1),
  FORGET(2),
  GETATTR(3),
  SETATTR(4),
  READLINK(5),
  SYMLINK(6),
  MKNOD(8),
  MKDIR(9),
  UNLINK(10),
  RMDIR(11),
  RENAME(12),
  LINK(13),
  OPEN(14),
  READ(15),
  WRITE(16),
  STATFS(17),
  RELEASE(18),
  FSYNC(20),
  SETXATTR(21),
  GETXATTR(22),
  LISTXATTR(23),
  REMOVEXATTR(24),
  FLUSH(25),
  INIT(26),
  OPENDIR(27),
  READDIR(28),
  RELEASEDIR(29),
  FSYNCDIR(30),
  GETLK(31),
  SETLK(32),
  SETLKW(33),
  ACCESS(34),
  CREATE(35),
  INTERRUPT(36),
  BMAP(37),
  DESTROY(38),
  IOCTL(39),
  POLL(40),
  NOTIFY_REPLY(41),
  BATCH_FORGET(42),
  FALLOCATE(43),
  READDIRPLUS(44),
  RENAME2(45),
  LSEEK(46),
  COPY_FILE_RANGE(47),
  SETUPMAPPING(48),
  REMOVEMAPPING(49),
  SYNCFS(50),
  TMPFILE(51),
  STATX(52),
  COPY_FILE_RANGE_64(53),

  /** A number that protocol 7.45 does not have. */
  UNKNOWN(0);

  private static final Opcode[] BY_NUMBER = new Opcode[64];

  static {
    Arrays.fill(BY_NUMBER, UNKNOWN);
    for (Opcode opcode : values()) {
      BY_NUMBER[opcode.number] = opcode;
    }
  }

  private final int number;

  Opcode(int number) {
    this.number = number;
  }

  /** The number on the wire. */
  public int number() {
    return number;
  }

  /** The opcode with this number, or {@link #UNKNOWN}. */
  public static Opcode of(int number) {
    return number >= 0 && number < BY_NUMBER.length ? BY_NUMBER[number] : UNKNOWN;
  }

  /** Whether the answer has names or attributes in it, which the kernel keeps. */
  public boolean isBelieved() {
    return switch (this) {
      case LOOKUP,
          GETATTR,
          SETATTR,
          STATX,
          SYMLINK,
          MKNOD,
          MKDIR,
          LINK,
          CREATE,
          TMPFILE,
          READDIRPLUS ->
          true;
      default -> false;
    };
  }

  /** Whether it asks about the names in a directory, or changes them. */
  public boolean isOfNames() {
    return switch (this) {
      case LOOKUP,
          SYMLINK,
          MKNOD,
          MKDIR,
          UNLINK,
          RMDIR,
          RENAME,
          RENAME2,
          LINK,
          CREATE,
          TMPFILE,
          READDIR,
          READDIRPLUS ->
          true;
      default -> false;
    };
  }

  /** Whether nobody waits for an answer, so that none may be sent. */
  public boolean isOneWay() {
    return this == FORGET || this == BATCH_FORGET || this == INTERRUPT || this == NOTIFY_REPLY;
  }
}
