package dev.pando.cowstore.schedule;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;

/** Loads the store, and the scenarios beside it, with the scheduler woven in. */
final class WeavingLoader extends ClassLoader {
  private static final String WOVEN = "dev.pando.cowstore.";
  private static final String PLAIN = "dev.pando.cowstore.schedule.";

  private final Weaver weaver = new Weaver();
  private final Path first;
  private final Map<String, ClassFacts> facts = new HashMap<>();

  /**
   * @param first where classes are looked for before the class path; null for nowhere
   */
  WeavingLoader(Path first) {
    super(WeavingLoader.class.getClassLoader());
    this.first = first;
  }

  /** Where a site is. */
  String site(int index) {
    return weaver.site(index);
  }

  /** A new scenario. */
  Scenario scenario(String simpleName) throws ReflectiveOperationException {
    return (Scenario) loadClass(WOVEN + simpleName).getDeclaredConstructor().newInstance();
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    if (!name.startsWith(WOVEN) || name.startsWith(PLAIN)) {
      return super.loadClass(name, resolve);
    }
    synchronized (getClassLoadingLock(name)) {
      Class<?> loaded = findLoadedClass(name);
      return loaded != null ? loaded : define(name);
    }
  }

  private Class<?> define(String name) throws ClassNotFoundException {
    try {
      // what the scenario itself does is no step: it could break into its own bookkeeping
      boolean isTest = resource(name.replace('.', '/')).getPath().contains("/test");
      Function<String, ClassFacts> known = isTest ? null : this::facts;
      byte[] woven = weaver.weave(bytes(name.replace('.', '/')), known);
      return defineClass(name, woven, 0, woven.length);
    } catch (IOException e) {
      throw new ClassNotFoundException(name, e);
    }
  }

  private URL resource(String internalName) throws IOException {
    URL resource = getParent().getResource(internalName + ".class");
    if (resource == null) {
      throw new IOException("there is no " + internalName);
    }
    return resource;
  }

  private byte[] bytes(String internalName) throws IOException {
    String file = internalName + ".class";
    if (first != null && Files.exists(first.resolve(file))) {
      return Files.readAllBytes(first.resolve(file));
    }
    try (InputStream in = resource(internalName).openStream()) {
      return in.readAllBytes();
    }
  }

  private synchronized ClassFacts facts(String owner) {
    ClassFacts known = facts.get(owner);
    if (known == null) {
      try {
        known = ClassFacts.of(bytes(owner));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      facts.put(owner, known);
    }
    return known;
  }
}
