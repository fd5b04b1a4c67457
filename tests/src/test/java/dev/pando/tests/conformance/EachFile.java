package dev.pando.tests.conformance;

import static java.lang.annotation.ElementType.METHOD;
import static java.lang.annotation.RetentionPolicy.RUNTIME;

import java.lang.annotation.Retention;
import java.lang.annotation.Target;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A case of one argument, the name of a file: one that the kernel caches, and disk images, which
 * are direct for every opener.
 */
@Retention(RUNTIME)
@Target(METHOD)
@ParameterizedTest
@ValueSource(strings = {"data.bin", "disk.raw", "disk-flat.vmdk"})
@interface EachFile {}
