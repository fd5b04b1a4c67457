package dev.pando.daemon.vm;

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
record HostAttributes(int mode, int userId, int groupId, long modifyNanos) {
  static HostAttributes of(Path path) throws IOException {
    Map<String, Object> attributes =
        Files.readAttributes(path, "unix:mode,uid,gid,lastModifiedTime", LinkOption.NOFOLLOW_LINKS);
    return new HostAttributes(
        (Integer) attributes.get("mode"),
        (Integer) attributes.get("uid"),
        (Integer) attributes.get("gid"),
        ((FileTime) attributes.get("lastModifiedTime")).to(TimeUnit.NANOSECONDS));
  }
}
