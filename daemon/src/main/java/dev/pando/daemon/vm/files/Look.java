package dev.pando.daemon.vm.files;

import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.TreeView;
import java.util.Optional;

/** Looks at directories while others remove files in them, or the directories themselves. */
public final class Look {
  /** How often a directory is looked at of which files go away each time. */
  private static final int MAX_TRIES = 5;

  private Look() {}

  /** What is found out by reading several things, one after the other. */
  @FunctionalInterface
  public interface Question<T> {
    /** Reads them; fails as if a file had gone away if one did between two reads. */
    T ask() throws ErrnoException, MachineException;
  }

  /**
   * The answer to a question about a directory, asked again if a file went away meanwhile.
   *
   * @return nothing if the directory itself is not, or no longer, in the tree
   */
  public static <T> Optional<T> at(TreeView view, long directory, Question<T> question)
      throws ErrnoException, MachineException {
    for (int tries = 1; ; tries++) {
      try {
        return Optional.of(question.ask());
      } catch (ErrnoException | MachineException e) {
        if (!Failures.isRemoval(e)) {
          throw e;
        }
        if (view.path(directory).isEmpty()) {
          return Optional.empty();
        }
        if (tries == MAX_TRIES) {
          throw e;
        }
      }
    }
  }
}
