package dev.pando.daemon.tree;

/**
 * Who has a say when disk images are opened for writing. Called by the thread that opens or closes,
 * without any lock of the tree; thread-safe.
 */
public interface OpenGuard {
  /** Lets everybody. */
  OpenGuard NONE =
      new OpenGuard() {
        @Override
        public boolean admits(long image, Opener writer) {
          return true;
        }

        @Override
        public void closed(long image, Opener writer) {}
      };

  /**
   * Whether a process may have an image open for writing. It is listed among the image's writers
   * already; if it is not admitted it gets ENOMEM, and {@link #closed} follows.
   */
  boolean admits(long image, Opener writer);

  /** The process has closed the image that it had open for writing, once. */
  void closed(long image, Opener writer);
}
