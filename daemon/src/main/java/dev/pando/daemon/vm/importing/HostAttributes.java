package dev.pando.daemon.vm.importing;

import dev.pando.daemon.host.HostUser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * What an imported file keeps of the host's: mode, owner, time of modification.
 *
 * @param mode st_mode
 * @param modifyNanos nanoseconds since the epoch
 */
public record HostAttributes(int mode, int userId, int groupId, long modifyNanos) {
  private static final int SET_USER_ID = 0x800;
  private static final int SET_GROUP_ID = 0x400;

  public static HostAttributes of(Path path) throws IOException {
    Map<String, Object> attributes =
        Files.readAttributes(path, "unix:mode,uid,gid,lastModifiedTime", LinkOption.NOFOLLOW_LINKS);
    HostAttributes host =
        new HostAttributes(
            (Integer) attributes.get("mode"),
            (Integer) attributes.get("uid"),
            (Integer) attributes.get("gid"),
            ((FileTime) attributes.get("lastModifiedTime")).to(TimeUnit.NANOSECONDS));
    return host.as(HostUser.current());
  }

  /**
   * What a copy by {@code user} keeps of them, as with {@code cp -a}: only root can give files
   * away, and to a group only who is in it. With the owner goes the privilege to run as him.
   */
  public HostAttributes as(HostUser user) {
    if (user.isRoot()) {
      return this;
    }
    int kept = userId == user.uid() ? mode : mode & ~SET_USER_ID;
    boolean keepsGroup = user.isIn(groupId);
    return new HostAttributes(
        keepsGroup ? kept : kept & ~SET_GROUP_ID,
        user.uid(),
        keepsGroup ? groupId : user.gid(),
        modifyNanos);
  }
}
