package dev.pando.daemon.qemu;

import dev.pando.daemon.memory.MemoryRuleException;
import dev.pando.daemon.memory.Shares;
import dev.pando.daemon.memory.VmMemory;
import dev.pando.daemon.vmware.FormatException;
import dev.pando.daemon.vmware.Rewritten;
import java.math.BigInteger;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The memory that a domain XML gives its machine, read and written (libvirt.org, "Domain XML
 * format", Memory Allocation, Memory Tuning, General metadata).
 *
 * <p>libvirt's QEMU driver refuses a {@code min_guarantee}, takes {@code hard_limit} for a bound at
 * which the machine may be killed, and knows no shares of memory. So all three are written as an
 * element of our own in {@code metadata}, which libvirt keeps and ignores; where that is missing,
 * libvirt's are read.
 */
public final class DomainMemory {
  /** The element's name space. */
  private static final String NAME_SPACE = "urn:dev.pando:memory";

  private static final String OWN = "pando:memory";
  private static final String METADATA = "metadata";
  private static final String UNLIMITED = "unlimited";
  private static final int KIB_SHIFT = 10;
  private static final int MAX_DIGITS = 18;

  private static final Map<String, Long> UNITS =
      Map.ofEntries(
          Map.entry("b", 1L),
          Map.entry("bytes", 1L),
          Map.entry("kb", 1000L),
          Map.entry("k", 1L << 10),
          Map.entry("kib", 1L << 10),
          Map.entry("mb", 1_000_000L),
          Map.entry("m", 1L << 20),
          Map.entry("mib", 1L << 20),
          Map.entry("gb", 1_000_000_000L),
          Map.entry("g", 1L << 30),
          Map.entry("gib", 1L << 30),
          Map.entry("tb", 1_000_000_000_000L),
          Map.entry("t", 1L << 40),
          Map.entry("tib", 1L << 40));

  private final XmlText xml;

  private DomainMemory(XmlText xml) {
    this.xml = xml;
  }

  /**
   * The memory of a machine, {@linkplain VmMemory#checked checked}.
   *
   * @throws FormatException if an amount is none, or they can not be together
   */
  public static VmMemory read(DomainXml domain) throws FormatException {
    return new DomainMemory(domain.xml()).read();
  }

  private VmMemory read() throws FormatException {
    XmlElement size =
        first("domain/memory").orElseThrow(() -> new FormatException("gives it no memory"));
    Optional<XmlElement> own = own();
    VmMemory memory =
        new VmMemory(
            bytes(size),
            own.isPresent()
                ? kibibytes(own.get(), "reservation", 0)
                : bytes("domain/memtune/min_guarantee", 0),
            own.isPresent()
                ? limit(kibibytes(own.get(), "limit", VmMemory.UNLIMITED))
                : limit(bytes("domain/memtune/hard_limit", VmMemory.UNLIMITED)),
            own.isPresent() ? shares(own.get()) : Shares.NORMAL,
            processors(),
            first("domain/memoryBacking/locked").isPresent());
    try {
      return memory.checked();
    } catch (MemoryRuleException e) {
      throw new FormatException("gives it memory that can not be: " + e.getMessage());
    }
  }

  private Optional<XmlElement> first(String kind) {
    return xml.all(kind).stream().findFirst();
  }

  private Optional<XmlElement> own() {
    return first("domain/" + METADATA + "/" + OWN);
  }

  /** libvirt's own word for no limit is 9007199254740991 KiB. */
  private static long limit(long bytes) {
    return bytes > VmMemory.MAX_BYTES ? VmMemory.UNLIMITED : bytes;
  }

  private long bytes(String kind, long missing) throws FormatException {
    Optional<XmlElement> element = first(kind);
    return element.isPresent() ? bytes(element.get()) : missing;
  }

  private long bytes(XmlElement element) throws FormatException {
    String number = xml.value(xml.content(element)).strip();
    long unit = unit(element);
    if (!number.matches("\\d{1," + MAX_DIGITS + "}")) {
      throw new FormatException("has no amount of memory in " + element.path() + ": " + number);
    }
    return new BigInteger(number)
        .multiply(BigInteger.valueOf(unit))
        .min(BigInteger.valueOf(Long.MAX_VALUE))
        .longValue();
  }

  private long unit(XmlElement element) throws FormatException {
    String unit = attribute(element, "unit").orElse("KiB").toLowerCase(Locale.ROOT);
    Long bytes = UNITS.get(unit);
    if (bytes == null) {
      throw new FormatException("has an amount in an unknown unit in " + element.path());
    }
    return bytes;
  }

  private Optional<String> attribute(XmlElement element, String name) {
    return element.attribute(name).map(xml::value).map(String::strip);
  }

  private long kibibytes(XmlElement element, String name, long missing) throws FormatException {
    Optional<String> text = attribute(element, name);
    if (text.isEmpty() || text.get().equals(UNLIMITED)) {
      return missing;
    }
    if (!text.get().matches("\\d{1,15}")) {
      throw new FormatException("has no number of KiB as " + name + " in " + element.path());
    }
    return Long.parseLong(text.get()) << KIB_SHIFT;
  }

  private Shares shares(XmlElement element) throws FormatException {
    return Shares.parse(attribute(element, "shares").orElse("normal"))
        .orElseThrow(() -> new FormatException("has no shares in " + element.path()));
  }

  private int processors() throws FormatException {
    Optional<XmlElement> vcpu = first("domain/vcpu");
    String text = vcpu.map(element -> xml.value(xml.content(element)).strip()).orElse("1");
    if (!text.matches("\\d{1,9}")) {
      throw new FormatException("has no number of processors in vcpu: " + text);
    }
    return Integer.parseInt(text);
  }

  /**
   * Gives a machine this memory; whatever is so already keeps its bytes.
   *
   * @param memory whole KiB
   * @throws FormatException also for a new size of a machine with NUMA cells, which add up to it
   */
  public static Rewritten write(byte[] text, VmMemory memory) throws FormatException {
    XmlText xml = DomainXml.parse(text).xml();
    DomainMemory domain = new DomainMemory(xml);
    VmMemory before = domain.read();
    XmlEdit edit = new XmlEdit(xml);
    if (memory.sizeBytes() != before.sizeBytes()) {
      domain.writeSize(edit, memory.sizeBytes());
    }
    if (memory.isPinned() != before.isPinned()) {
      throw new FormatException(
          "locks its memory by memoryBacking/locked, or does not: that is changed by its editor");
    }
    boolean isSame =
        memory.reservationBytes() == before.reservationBytes()
            && memory.limitBytes() == before.limitBytes()
            && memory.shares().equals(before.shares());
    if (!isSame) {
      domain.writeOwn(edit, memory);
    }
    return new Rewritten(edit.bytes(), edit.changes(), List.of());
  }

  private void writeSize(XmlEdit edit, long bytes) throws FormatException {
    if (!xml.all("domain/cpu/numa/cell").isEmpty()) {
      throw new FormatException("divides its memory among NUMA cells: change those instead");
    }
    for (String kind : List.of("domain/memory", "domain/currentMemory")) {
      for (XmlElement element : xml.all(kind)) {
        long unit = unit(element);
        if (bytes % unit == 0) {
          edit.setText(element, Long.toString(bytes / unit));
        } else {
          edit.setText(element, Long.toString(bytes >> KIB_SHIFT));
          edit.setAttribute(element, "unit", "KiB");
        }
      }
    }
  }

  private void writeOwn(XmlEdit edit, VmMemory memory) throws FormatException {
    String limit =
        memory.limitBytes() == VmMemory.UNLIMITED ? UNLIMITED : kibibytes(memory.limitBytes());
    String values =
        "reservation='%s' limit='%s' shares='%s'"
            .formatted(kibibytes(memory.reservationBytes()), limit, memory.shares().text());
    String markup = "<%s xmlns:pando='%s' %s/>".formatted(OWN, NAME_SPACE, values);
    String key = METADATA + "/" + OWN;
    Optional<String> before =
        own()
            .map(
                element ->
                    "reservation='%s' limit='%s' shares='%s'"
                        .formatted(
                            attribute(element, "reservation").orElse(""),
                            attribute(element, "limit").orElse(""),
                            attribute(element, "shares").orElse("")));
    Optional<XmlElement> metadata = first("domain/" + METADATA);
    if (metadata.isPresent()) {
      edit.putChild(metadata.get(), OWN, key, before, markup, values);
    } else {
      XmlElement neighbour =
          first("domain/uuid")
              .or(() -> first("domain/name"))
              .orElseThrow(() -> new FormatException("gives it no name"));
      String element = "<%s>%s</%s>".formatted(METADATA, markup, METADATA);
      edit.insertMarkupAfter(neighbour, key, element, values);
    }
  }

  private static String kibibytes(long bytes) {
    return Long.toString(bytes >> KIB_SHIFT);
  }
}
