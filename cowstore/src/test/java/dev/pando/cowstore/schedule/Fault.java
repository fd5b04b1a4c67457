package dev.pando.cowstore.schedule;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * A fault that was mended, put back: a patch to the sources, applied to a copy and compiled beside
 * the classes that are tested.
 */
final class Fault {
  private static final String MAIN = "src/main/java/";

  private Fault() {}

  /**
   * Compiles what a patch changes.
   *
   * @param name of a file in {@code faults}, without {@code .patch}
   * @param directory where its classes go
   */
  static void compile(String name, Path directory) throws IOException {
    Path sources = Files.createDirectories(directory.resolve("sources"));
    List<Path> changed = new ArrayList<>();
    for (Map.Entry<String, List<String>> file : hunks(name).entrySet()) {
      String text = Files.readString(Path.of(MAIN + file.getKey()));
      for (String hunk : file.getValue()) {
        text = apply(name, text, hunk);
      }
      Path copy = sources.resolve(file.getKey());
      Files.createDirectories(copy.getParent());
      changed.add(Files.writeString(copy, text));
    }
    compile(changed, directory);
  }

  private static void compile(List<Path> sources, Path directory) throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
      List<String> options =
          List.of(
              "-d",
              directory.toString(),
              "-cp",
              System.getProperty("java.class.path"),
              "-proc:none",
              "-nowarn",
              "-g");
      if (!compiler
          .getTask(null, files, null, options, null, files.getJavaFileObjectsFromPaths(sources))
          .call()) {
        throw new AssertionError("what the patch makes does not compile");
      }
    }
  }

  /** The hunks of a patch, by the file they change. */
  private static Map<String, List<String>> hunks(String name) throws IOException {
    Map<String, List<String>> hunks = new LinkedHashMap<>();
    List<String> current = List.of();
    for (String line : lines(name)) {
      if (line.startsWith("+++ ")) {
        current = new ArrayList<>();
        hunks.put(line.substring(line.indexOf(MAIN) + MAIN.length()), current);
      } else if (line.startsWith("@@ ")) {
        current.add("");
      } else if (!current.isEmpty() && line.matches("[-+ ].*")) {
        current.set(current.size() - 1, current.get(current.size() - 1) + line + "\n");
      }
    }
    return hunks;
  }

  private static List<String> lines(String name) throws IOException {
    try (InputStream in = Fault.class.getResourceAsStream("faults/" + name + ".patch")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    }
  }

  /** Line numbers do not count: what the hunk says must be there once. */
  private static String apply(String name, String text, String hunk) {
    String before = side(hunk, '-');
    int at = text.indexOf(before);
    if (at < 0 || text.indexOf(before, at + 1) >= 0) {
      throw new AssertionError(
          "the fault " + name + " can not be put back: make its patch anew, for\n" + before);
    }
    return text.substring(0, at) + side(hunk, '+') + text.substring(at + before.length());
  }

  /** The lines before a change, or after it. */
  private static String side(String hunk, char sign) {
    StringBuilder side = new StringBuilder();
    hunk.lines()
        .filter(line -> line.charAt(0) == ' ' || line.charAt(0) == sign)
        .forEach(line -> side.append(line.substring(1)).append('\n'));
    return side.toString();
  }

  /** The names of all that there are. */
  static List<String> all() throws IOException {
    Path faults = Path.of("src/test/resources/dev/pando/cowstore/schedule/faults");
    try (Stream<Path> patches = Files.list(faults)) {
      return patches
          .map(path -> path.getFileName().toString().replace(".patch", ""))
          .sorted()
          .toList();
    }
  }
}
