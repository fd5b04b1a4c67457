package dev.pando.tests.conformance;

import static java.lang.annotation.ElementType.METHOD;
import static java.lang.annotation.ElementType.TYPE;
import static java.lang.annotation.RetentionPolicy.RUNTIME;

import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.Target;

/** Excuses a case, or all cases of a class, from one volume. Public, as JUnit looks at it too. */
@Retention(RUNTIME)
@Target({METHOD, TYPE})
@Repeatable(NotOn.All.class)
public @interface NotOn {
  Volume value();

  /** The limit that excuses it, and the errno it gives. */
  String because();

  /** More than one excuse. */
  @Retention(RUNTIME)
  @Target({METHOD, TYPE})
  @interface All {
    NotOn[] value();
  }
}
