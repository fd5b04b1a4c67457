package dev.pando.daemon.qemu;

import dev.pando.daemon.vmware.KeyChange;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Changes of an XML text, with a record of them; all else keeps its bytes. */
final class XmlEdit {
  private final XmlText xml;
  private final List<KeyChange> changes = new ArrayList<>();

  /** What takes the place of a part of the text, by where that starts. */
  private final TreeMap<Integer, Replacement> replacements = new TreeMap<>();

  private record Replacement(int end, String text) {}

  XmlEdit(XmlText xml) {
    this.xml = xml;
  }

  void setText(XmlElement element, String value) {
    XmlElement.Span content = xml.content(element);
    if (!element.isEmptyTag()) {
      set(element.path(), content, value);
    }
  }

  void setAttribute(XmlElement element, String name, String value) {
    element.attribute(name).ifPresent(span -> set(element.path() + "/@" + name, span, value));
  }

  private void set(String key, XmlElement.Span span, String value) {
    String before = xml.value(span);
    if (!before.strip().equals(value)) {
      replacements.put(span.start(), new Replacement(span.end(), References.escape(value)));
      changes.add(new KeyChange(key, Optional.of(before.strip()), Optional.of(value)));
    }
  }

  /** Puts a new element behind another, set off from it as that is from what stands before it. */
  void insertAfter(XmlElement element, String name, String value) {
    String blanks = xml.text().substring(startOfBlanks(element.start()), element.start());
    String inserted = blanks + "<" + name + ">" + References.escape(value) + "</" + name + ">";
    int end = xml.end(element);
    replacements.put(end, new Replacement(end, inserted));
    changes.add(new KeyChange(name, Optional.empty(), Optional.of(value)));
  }

  /**
   * Gives an element a child, in place of the one of the same name if there is one.
   *
   * @param key by what the change is called
   * @param before what the child said
   * @param markup the child, well-formed
   * @param value what it says
   */
  void putChild(
      XmlElement parent,
      String child,
      String key,
      Optional<String> before,
      String markup,
      String value) {
    Optional<XmlElement> present = xml.children(parent, child).stream().findFirst();
    int end = xml.end(parent);
    if (present.isPresent()) {
      int start = present.get().start();
      replacements.put(start, new Replacement(xml.end(present.get()), markup));
    } else if (parent.isEmptyTag()) {
      String opening = xml.text().substring(parent.start(), end).replaceFirst("\\s*/>$", ">");
      String closing = "</" + parent.name() + ">";
      replacements.put(parent.start(), new Replacement(end, opening + markup + closing));
    } else {
      int at = xml.content(parent).end();
      replacements.put(at, new Replacement(at, markup));
    }
    changes.add(new KeyChange(key, before, Optional.of(value)));
  }

  /** Puts markup behind an element, set off from it as that is from what stands before it. */
  void insertMarkupAfter(XmlElement element, String key, String markup, String value) {
    int end = xml.end(element);
    String blanks = xml.text().substring(startOfBlanks(element.start()), element.start());
    replacements.put(end, new Replacement(end, blanks + markup));
    changes.add(new KeyChange(key, Optional.empty(), Optional.of(value)));
  }

  /** Takes an element out, with the blanks before it. */
  void remove(XmlElement element, String before) {
    int start = startOfBlanks(element.start());
    replacements.put(start, new Replacement(xml.end(element), ""));
    changes.add(new KeyChange(element.path(), Optional.of(before), Optional.empty()));
  }

  void removeAttribute(XmlElement element, String name) {
    Optional<XmlElement.Span> span = element.attribute(name);
    if (span.isPresent()) {
      int start = xml.text().lastIndexOf(name, span.get().start());
      replacements.put(startOfBlanks(start), new Replacement(span.get().end() + 1, ""));
      changes.add(
          new KeyChange(
              element.path() + "/@" + name, Optional.of(xml.value(span.get())), Optional.empty()));
    }
  }

  private int startOfBlanks(int from) {
    int start = from;
    while (start > 0 && " \t\r\n".indexOf(xml.text().charAt(start - 1)) >= 0) {
      start--;
    }
    return start;
  }

  List<KeyChange> changes() {
    return List.copyOf(changes);
  }

  /** The text as it is now. What lies within something removed is gone with it. */
  byte[] bytes() {
    StringBuilder result = new StringBuilder();
    int copied = 0;
    for (Map.Entry<Integer, Replacement> entry : replacements.entrySet()) {
      if (entry.getKey() >= copied) {
        result.append(xml.text(), copied, entry.getKey()).append(entry.getValue().text());
        copied = entry.getValue().end();
      }
    }
    result.append(xml.text(), copied, xml.text().length());
    return result.toString().getBytes(StandardCharsets.ISO_8859_1);
  }
}
