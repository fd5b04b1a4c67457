package dev.pando.daemon.qemu;

import java.util.Map;
import java.util.Optional;

/**
 * An element of an XML text, by the places of its parts.
 *
 * @param parent null for the root
 * @param name as it is spelled, with its prefix
 * @param ordinal which of its parent's children of this name it is, from 1
 * @param start of the opening tag
 * @param contentStart behind the opening tag
 * @param attributes where the values stand, without their quotes
 */
record XmlElement(
    XmlElement parent,
    String name,
    int ordinal,
    int start,
    int contentStart,
    boolean isEmptyTag,
    Map<String, Span> attributes) {
  /** A part of the text, from {@code start} to before {@code end}. */
  record Span(int start, int end) {}

  Optional<Span> attribute(String attribute) {
    return Optional.ofNullable(attributes.get(attribute));
  }

  /** Whether it is a child of {@code element}. */
  boolean isIn(XmlElement element) {
    return parent != null && parent.start() == element.start();
  }

  /** The names from below the root down to here: {@code devices/interface[2]/mac}. */
  String path() {
    if (parent == null) {
      return name;
    }
    String own = ordinal > 1 ? name + "[" + ordinal + "]" : name;
    return parent.parent() == null ? own : parent.path() + "/" + own;
  }

  /** The names from the root down to here, without ordinals: {@code domain/devices/interface}. */
  String kind() {
    return parent == null ? name : parent.kind() + "/" + name;
  }
}
