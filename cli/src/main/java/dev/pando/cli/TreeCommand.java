package dev.pando.cli;

import dev.pando.daemon.control.ControlException;
import dev.pando.daemon.control.ExitStatus;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "tree",
    description = "Draw which VM was cloned from which.",
    footer = "%nExample: pando tree")
final class TreeCommand implements Callable<Integer> {
  @Mixin private final Screen screen = new Screen();
  @Mixin private final MountChoice choice;

  TreeCommand(MountChoice choice) {
    this.choice = choice;
  }

  @Override
  public Integer call() throws ControlException {
    FamilyTree tree = FamilyTree.of(choice.resolve(List.of()).ask("list", Json.object()));
    screen.show(tree.document(), document -> tree.drawing());
    return ExitStatus.DONE.number();
  }
}
