package dev.pando.cowstore.map;

/**
 * The pages on the way from a map's root to one leaf, as they were when they were traced. One
 * thread's scratch.
 */
public final class MapPath {
  MapPage root;

  /** By level; null where there is no page, up to the root's level. */
  final MapPage[] pages = new MapPage[MapPage.MAX_LEVELS];

  /** The leaf, or null if there is none. */
  public MapPage leaf() {
    return pages[0];
  }

  void clear() {
    root = null;
    java.util.Arrays.fill(pages, null);
  }
}
