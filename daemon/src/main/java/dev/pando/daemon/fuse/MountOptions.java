package dev.pando.daemon.fuse;

import dev.pando.daemon.fuse.MountException.Reason;

/**
 * How a mount is asked for. Permission bits are checked by the kernel ({@code default_permissions})
 * on every mount: the file system relies on it.
 *
 * @param readOnly nothing may be changed through the mount
 * @param allowOther other users than root may use it, as permissions say
 * @param noAccessTimes reading does not change access times
 * @param securityContext the SELinux context of all files, or empty: none
 * @param cachePolicy how long the kernel may believe what it was told
 */
public record MountOptions(
    boolean readOnly,
    boolean allowOther,
    boolean noAccessTimes,
    String securityContext,
    CachePolicy cachePolicy) {

  /** What root's mount gets when nothing is said: the hypervisor's user must reach the disks. */
  public static final MountOptions DEFAULT =
      new MountOptions(false, true, false, "", CachePolicy.LONG);

  /** What the mount of any other user gets when nothing is said: it is his alone. */
  public static final MountOptions OF_USER = DEFAULT.withAllowOther(false);

  private static final String CONTEXT = "context=";

  /** A comma that an even number of quotes follows. */
  private static final String COMMA_OUTSIDE_QUOTES = ",(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)";

  /**
   * {@link #DEFAULT} or {@link #OF_USER} with what {@code text} changes: {@code ro}, {@code
   * allow_other}, {@code allow_root} (only root), {@code default_permissions}, {@code noatime},
   * {@code context=}, separated by commas; a comma within double quotes separates nothing.
   *
   * @throws MountException with {@link Reason#OPTION}, naming the option that is not one of them;
   *     with {@link Reason#NOT_PERMITTED} for {@code allow_root} by another user
   */
  public static MountOptions parse(String text, boolean asRoot) throws MountException {
    MountOptions options = asRoot ? DEFAULT : OF_USER;
    for (String option : text.split(COMMA_OUTSIDE_QUOTES, -1)) {
      options = options.with(option.strip(), asRoot);
    }
    return options;
  }

  private MountOptions with(String option, boolean asRoot) throws MountException {
    if (option.startsWith(CONTEXT)) {
      return withSecurityContext(option.substring(CONTEXT.length()).replace("\"", ""));
    }
    return switch (option) {
      case "", "default_permissions" -> this;
      case "ro" -> withReadOnly(true);
      case "allow_other" -> withAllowOther(true);
      case "allow_root" -> {
        if (!asRoot) {
          throw noAllowRoot();
        }
        yield withAllowOther(false);
      }
      case "noatime" -> withNoAccessTimes(true);
      default ->
          throw new MountException(
              Reason.OPTION,
              "mount option '"
                  + option
                  + "' is not known; there are ro, allow_other, allow_root, default_permissions,"
                  + " noatime and context=");
    };
  }

  /** The kernel knows no such option, and what it has cached it would show to anybody. */
  private static MountException noAllowRoot() {
    return new MountException(
        Reason.NOT_PERMITTED,
        "allow_root is for mounts by root: the kernel lets in this user alone, or with allow_other"
            + " everybody, as permissions say");
  }

  public MountOptions withReadOnly(boolean value) {
    return new MountOptions(value, allowOther, noAccessTimes, securityContext, cachePolicy);
  }

  public MountOptions withAllowOther(boolean value) {
    return new MountOptions(readOnly, value, noAccessTimes, securityContext, cachePolicy);
  }

  public MountOptions withNoAccessTimes(boolean value) {
    return new MountOptions(readOnly, allowOther, value, securityContext, cachePolicy);
  }

  public MountOptions withSecurityContext(String value) {
    return new MountOptions(readOnly, allowOther, noAccessTimes, value, cachePolicy);
  }

  public MountOptions withCachePolicy(CachePolicy value) {
    return new MountOptions(readOnly, allowOther, noAccessTimes, securityContext, value);
  }
}
