package dev.pando.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.function.Function;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What a command prints: a person's text, or with {@code --json} one document on one line. */
final class Screen {
  static final String JSON = "--json";

  @Option(names = JSON, description = "Print one JSON document.")
  private boolean json;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  /** Tells a person what is worth knowing beside what was asked for; scripts have the document. */
  void note(String sentence) {
    PrintWriter err = command.commandLine().getErr();
    err.println("pando: " + sentence);
    err.flush();
  }

  /** Says a sentence that is not the answer, on standard error. */
  void say(String sentence) {
    PrintWriter err = command.commandLine().getErr();
    err.println("pando: " + Sentences.oneLine(sentence));
    err.flush();
  }

  /**
   * @param human the document as a person reads it, each line ended; empty for nothing
   */
  <T extends JsonNode> void show(T document, Function<T, String> human) {
    PrintWriter out = command.commandLine().getOut();
    if (json) {
      out.println(Json.text(document));
    } else {
      out.print(human.apply(document));
    }
    out.flush();
  }
}
