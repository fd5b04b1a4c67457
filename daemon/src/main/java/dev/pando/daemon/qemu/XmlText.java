package dev.pando.daemon.qemu;

import dev.pando.daemon.vmware.FormatException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.XMLConstants;
import javax.xml.parsers.ParserConfigurationException;
import javax.xml.parsers.SAXParser;
import javax.xml.parsers.SAXParserFactory;
import org.xml.sax.SAXException;
import org.xml.sax.SAXParseException;
import org.xml.sax.helpers.DefaultHandler;

/**
 * A well-formed XML text whose elements are known by their places, so that it can be changed
 * without touching the rest. Its bytes are taken as characters one by one, which holds for every
 * encoding that contains ASCII.
 */
final class XmlText {
  /** Larger files are refused; real ones have some KiB. */
  private static final int MAX_BYTES = 1 << 20;

  private static final int MAX_DEPTH = 100;
  private static final int MAX_ELEMENTS = 10_000;

  /** The encoding that an XML declaration names. */
  private static final Pattern ENCODING =
      Pattern.compile("^<\\?xml[^>]*\\sencoding\\s*=\\s*[\"']([A-Za-z0-9._-]+)[\"']");

  private static final int DECLARATION_BYTES = 200;

  private final String text;
  private final Charset encoding;
  private final List<XmlElement> elements = new ArrayList<>();

  /** Where each element's content and itself end, by where it starts. */
  private final Map<Integer, XmlElement.Span> ends = new HashMap<>();

  private XmlText(String text, Charset encoding) {
    this.text = text;
    this.encoding = encoding;
  }

  /** Reads a text; document types, which could name other files, are refused. */
  static XmlText parse(byte[] bytes) throws FormatException {
    if (bytes.length > MAX_BYTES) {
      throw new FormatException(
          "is " + bytes.length + " bytes large, more than any such file (" + MAX_BYTES + ")");
    }
    requireWellFormed(bytes);
    XmlText text = new XmlText(new String(bytes, StandardCharsets.ISO_8859_1), encoding(bytes));
    text.scan();
    return text;
  }

  /** UTF-8, or an encoding of one byte a character that has ASCII's at their places. */
  private static Charset encoding(byte[] bytes) throws FormatException {
    int length = Math.min(bytes.length, DECLARATION_BYTES);
    Matcher declared = ENCODING.matcher(new String(bytes, 0, length, StandardCharsets.ISO_8859_1));
    if (!declared.find()) {
      return StandardCharsets.UTF_8;
    }
    try {
      Charset charset = Charset.forName(declared.group(1));
      if (charset.equals(StandardCharsets.UTF_8)
          || (charset.newEncoder().maxBytesPerChar() == 1
              && Arrays.equals(
                  "<?xml".getBytes(charset), "<?xml".getBytes(StandardCharsets.US_ASCII)))) {
        return charset;
      }
    } catch (IllegalArgumentException | UnsupportedOperationException unknown) {
      // refused below
    }
    throw new FormatException(
        "is in the encoding " + declared.group(1) + ", which is not known: save it as UTF-8");
  }

  private static void requireWellFormed(byte[] bytes) throws FormatException {
    if (bytes.length > 1
        && (bytes[0] == 0 || bytes[1] == 0 || bytes[0] == (byte) 0xFE || bytes[0] == (byte) 0xFF)) {
      throw new FormatException("is in an encoding that is not known: save it as UTF-8");
    }
    try {
      SAXParserFactory factory = SAXParserFactory.newInstance();
      factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
      factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
      SAXParser parser = factory.newSAXParser();
      parser.parse(new ByteArrayInputStream(bytes), new Silent());
    } catch (SAXException | IOException e) {
      throw new FormatException("is no well-formed XML");
    } catch (ParserConfigurationException impossible) {
      throw new AssertionError("every Java platform has this parser", impossible);
    }
  }

  /** Prints nothing. */
  private static final class Silent extends DefaultHandler {
    @Override
    public void fatalError(SAXParseException e) throws SAXException {
      throw e;
    }
  }

  // ---- scanning

  private void scan() throws FormatException {
    Deque<XmlElement> open = new ArrayDeque<>();
    Map<Integer, Map<String, Integer>> counts = new HashMap<>();
    for (int at = text.indexOf('<'); at >= 0; at = text.indexOf('<', at)) {
      if (text.startsWith("<!--", at)) {
        at = after("-->", at);
      } else if (text.startsWith("<![CDATA[", at)) {
        at = after("]]>", at);
      } else if (text.startsWith("<?", at)) {
        at = after("?>", at);
      } else if (text.startsWith("</", at)) {
        int end = after(">", at);
        ends.put(open.pop().start(), new XmlElement.Span(at, end));
        at = end;
      } else {
        XmlElement parent = open.peek();
        XmlElement element = element(at, parent, counts);
        elements.add(element);
        if (elements.size() > MAX_ELEMENTS) {
          throw new FormatException("has more than " + MAX_ELEMENTS + " elements");
        }
        at = element.contentStart();
        if (element.isEmptyTag()) {
          ends.put(element.start(), new XmlElement.Span(at, at));
        } else if (open.size() == MAX_DEPTH) {
          throw new FormatException("is nested too deep");
        } else {
          open.push(element);
        }
      }
    }
  }

  private int after(String mark, int from) throws FormatException {
    int at = text.indexOf(mark, from);
    if (at < 0) {
      throw new FormatException("is no well-formed XML");
    }
    return at + mark.length();
  }

  private XmlElement element(
      int start, XmlElement parent, Map<Integer, Map<String, Integer>> counts)
      throws FormatException {
    int at = start + 1;
    int nameEnd = endOfName(at);
    String name = text.substring(at, nameEnd);
    Map<String, XmlElement.Span> attributes = new LinkedHashMap<>();
    at = skipBlanks(nameEnd);
    while (text.charAt(at) != '>' && text.charAt(at) != '/') {
      int end = endOfName(at);
      int open = skipBlanks(skipBlanks(end) + 1); // behind the equals sign
      int close = text.indexOf(text.charAt(open), open + 1);
      attributes.put(text.substring(at, end), new XmlElement.Span(open + 1, close));
      at = skipBlanks(close + 1);
    }
    int ordinal =
        counts
            .computeIfAbsent(parent == null ? -1 : parent.start(), p -> new HashMap<>())
            .merge(name, 1, Integer::sum);
    boolean isEmpty = text.charAt(at) == '/';
    return new XmlElement(parent, name, ordinal, start, after(">", at), isEmpty, attributes);
  }

  private int endOfName(int from) {
    int at = from;
    while (" \t\r\n=/>".indexOf(text.charAt(at)) < 0) {
      at++;
    }
    return at;
  }

  private int skipBlanks(int from) {
    int at = from;
    while (" \t\r\n".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
    return at;
  }

  // ---- reading

  String text() {
    return text;
  }

  /** All elements of a {@linkplain XmlElement#kind kind}, in their order. */
  List<XmlElement> all(String kind) {
    return elements.stream().filter(element -> element.kind().equals(kind)).toList();
  }

  /** The children of a name. */
  List<XmlElement> children(XmlElement parent, String name) {
    return elements.stream()
        .filter(element -> element.name().equals(name) && element.isIn(parent))
        .toList();
  }

  /** What stands between an element's tags. */
  XmlElement.Span content(XmlElement element) {
    return new XmlElement.Span(element.contentStart(), ends.get(element.start()).start());
  }

  /** Where an element ends. */
  int end(XmlElement element) {
    return ends.get(element.start()).end();
  }

  /** A part of the text as it is meant, references resolved. */
  String value(XmlElement.Span span) {
    byte[] raw = text.substring(span.start(), span.end()).getBytes(StandardCharsets.ISO_8859_1);
    return References.resolve(new String(raw, encoding));
  }
}
