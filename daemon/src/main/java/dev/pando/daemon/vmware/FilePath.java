package dev.pando.daemon.vmware;

/** Paths as VMware's files hold them, written on Linux or on Windows. */
final class FilePath {
  private FilePath() {}

  /** Whether {@code path} is absolute, on Linux or Windows. */
  static boolean isAbsolute(String path) {
    return path.startsWith("/")
        || path.startsWith("\\")
        || (path.length() >= 2 && path.charAt(1) == ':' && Character.isLetter(path.charAt(0)))
        // The form of ESXi: [datastore] directory/file
        || (path.startsWith("[") && path.contains("] "));
  }

  /** Whether {@code path} can name something outside the directory it is relative to. */
  static boolean leavesDirectory(String path) {
    if (isAbsolute(path)) {
      return true;
    }
    for (String component : path.split("[/\\\\]", -1)) {
      if (component.equals("..")) {
        return true;
      }
    }
    return false;
  }

  /** What stands behind the last separator. */
  static String lastComponent(String path) {
    String name = path.substring(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
    int datastore = name.startsWith("[") ? name.indexOf("] ") : -1;
    return datastore < 0 ? name : name.substring(datastore + 2);
  }

  /** {@code path} without leading {@code ./}. */
  static String withoutCurrentDirectory(String path) {
    String rest = path;
    while (rest.startsWith("./")) {
      rest = rest.substring(2);
    }
    return rest;
  }
}
