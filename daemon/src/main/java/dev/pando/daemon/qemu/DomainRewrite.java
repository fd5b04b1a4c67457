package dev.pando.daemon.qemu;

import dev.pando.daemon.vmware.FormatException;
import dev.pando.daemon.vmware.Identity;
import dev.pando.daemon.vmware.Renaming;
import dev.pando.daemon.vmware.Rewritten;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;

/**
 * The rules by which a template's domain XML becomes a clone's, after virt-clone (virt-manager,
 * virtinst/cloner.py): identity is new, host resources that only one machine can have are given up,
 * virtual hardware stays as it is. Serial numbers of disks stay too, as with virt-clone: guests
 * find their file systems by them.
 */
public final class DomainRewrite {
  private static final String DEVICES = "domain/devices/";
  private static final List<String> PORTS = List.of("port", "tlsPort", "websocket");
  private static final List<String> CONSOLES = List.of("serial", "console", "parallel", "channel");
  private static final List<String> FIRMWARE = List.of("nvram", "kernel", "initrd", "dtb");

  private final DomainXml domain;
  private final XmlText xml;
  private final XmlEdit edit;

  private DomainRewrite(DomainXml domain) {
    this.domain = domain;
    this.xml = domain.xml();
    this.edit = new XmlEdit(xml);
  }

  /**
   * The clone's description.
   *
   * @param name the clone's, as it is shown
   * @param renaming what the clone's files are called
   * @param files the VM's
   * @throws FormatException if it can not be read, or no two machines can have what it describes
   */
  public static Rewritten clone(
      byte[] bytes, String name, Identity identity, Renaming renaming, OwnFiles files)
      throws FormatException {
    DomainXml domain = DomainXml.parse(bytes);
    if (domain.secret().isPresent()) {
      throw new FormatException(domain.secret().get());
    }
    DomainRewrite rewrite = new DomainRewrite(domain);
    rewrite.rewriteName(name);
    rewrite.rewriteIdentity(identity);
    rewrite.rewriteAdapters(identity);
    rewrite.giveUpHostResources();
    List<String> warnings = new ArrayList<>();
    rewrite.rewriteFiles(files, path -> path.contains("/") ? path : renaming.rename(path));
    rewrite.rewriteConsoles(name, renaming);
    rewrite.rewriteSockets(name, renaming);
    rewrite.warnOfShared(files, warnings);
    return new Rewritten(rewrite.edit.bytes(), rewrite.edit.changes(), warnings);
  }

  /** The same machine with an identity of its own: for copies. */
  public static Rewritten renew(byte[] bytes, Identity identity) throws FormatException {
    DomainXml domain = DomainXml.parse(bytes);
    DomainRewrite rewrite = new DomainRewrite(domain);
    rewrite.rewriteIdentity(identity);
    rewrite.rewriteAdapters(identity);
    return new Rewritten(rewrite.edit.bytes(), rewrite.edit.changes(), List.of());
  }

  /**
   * The description with the VM's own files by paths relative to its directory.
   *
   * @param files the VM's
   */
  public static byte[] relative(byte[] bytes, OwnFiles files) throws FormatException {
    DomainRewrite rewrite = new DomainRewrite(DomainXml.parse(bytes));
    rewrite.rewriteFiles(files, path -> path);
    return rewrite.edit.bytes();
  }

  /**
   * The description with the VM's own files by their absolute paths, as libvirt wants them.
   *
   * @param directory the VM's
   * @param files the VM's
   */
  public static byte[] absolute(byte[] bytes, Path directory, OwnFiles files)
      throws FormatException {
    DomainRewrite rewrite = new DomainRewrite(DomainXml.parse(bytes));
    rewrite.rewriteFiles(files, path -> directory.resolve(path).toString());
    for (String console : CONSOLES) {
      for (XmlElement source : rewrite.xml.all(DEVICES + console + "/source")) {
        source
            .attribute("path")
            .map(rewrite.xml::value)
            .filter(path -> !path.startsWith("/"))
            .ifPresent(
                path ->
                    rewrite.edit.setAttribute(source, "path", directory.resolve(path).toString()));
      }
    }
    return rewrite.edit.bytes();
  }

  private void rewriteName(String name) {
    String legal = name.replace('/', '-');
    xml.all("domain/name").forEach(element -> edit.setText(element, legal));
    xml.all("domain/title")
        .forEach(title -> edit.remove(title, xml.value(xml.content(title)).strip()));
    xml.all("domain").forEach(root -> edit.removeAttribute(root, "id"));
  }

  private void rewriteIdentity(Identity identity) {
    String uuid = identity.uuid().dashed();
    List<XmlElement> known = xml.all("domain/uuid");
    known.forEach(element -> edit.setText(element, uuid));
    if (known.isEmpty()) {
      // libvirt would make one up, and nobody would know it before
      xml.all("domain/name").stream()
          .findFirst()
          .ifPresent(name -> edit.insertAfter(name, "uuid", uuid));
    }
    for (XmlElement entry : xml.all("domain/sysinfo/system/entry")) {
      if (entry.attribute("name").map(xml::value).filter("uuid"::equals).isPresent()) {
        edit.setText(entry, uuid);
      }
    }
    for (XmlElement genid : xml.all("domain/genid")) {
      if (!xml.value(xml.content(genid)).isBlank()) {
        edit.setText(genid, identity.generationGuid());
      }
    }
  }

  private void rewriteAdapters(Identity identity) throws FormatException {
    List<XmlElement> adapters = xml.all(DEVICES + "interface");
    if (adapters.size() > Identity.MAX_ADAPTERS) {
      throw new FormatException(
          "has "
              + adapters.size()
              + " network adapters; at most "
              + Identity.MAX_ADAPTERS
              + " can get addresses of their own");
    }
    for (int i = 0; i < adapters.size(); i++) {
      String address = macAddress(identity, i);
      xml.children(adapters.get(i), "mac")
          .forEach(mac -> edit.setAttribute(mac, "address", address));
      for (XmlElement target : xml.children(adapters.get(i), "target")) {
        edit.remove(target, target.attribute("dev").map(xml::value).orElse(""));
      }
    }
  }

  /** QEMU's prefix, and the three bytes that the store gives to one machine only. */
  static String macAddress(Identity identity, int adapter) {
    String generated = identity.uuid().generatedMac(adapter * Identity.ADAPTER_STEP);
    return "52:54:00" + generated.substring("00:0c:29".length());
  }

  private void giveUpHostResources() {
    for (XmlElement graphics : xml.all(DEVICES + "graphics")) {
      for (String port : PORTS) {
        edit.setAttribute(graphics, port, "-1");
      }
      if (graphics.attribute("port").isPresent()) {
        edit.setAttribute(graphics, "autoport", "yes");
      }
    }
    for (XmlElement source : xml.all(DEVICES + "channel/source")) {
      String path = source.attribute("path").map(xml::value).orElse("");
      boolean isUnix =
          source.parent().attribute("type").map(xml::value).filter("unix"::equals).isPresent();
      if (isUnix && !domain.name().isEmpty() && path.contains(domain.name())) {
        edit.removeAttribute(source, "path");
      }
    }
  }

  /** Disks, media, firmware variables and kernels that lie in the VM's directory. */
  private void rewriteFiles(OwnFiles files, UnaryOperator<String> renamed) {
    for (XmlElement source : xml.all(DEVICES + "disk/source")) {
      source
          .attribute("file")
          .map(xml::value)
          .flatMap(files::find)
          .ifPresent(path -> edit.setAttribute(source, "file", renamed.apply(path)));
    }
    for (String named : FIRMWARE) {
      for (XmlElement element : xml.all("domain/os/" + named)) {
        files
            .find(xml.value(xml.content(element)).strip())
            .ifPresent(path -> edit.setText(element, renamed.apply(path)));
      }
    }
  }

  /** Two machines can not write one file. */
  private void rewriteConsoles(String name, Renaming renaming) {
    for (String console : CONSOLES) {
      for (XmlElement source : xml.all(DEVICES + console + "/source")) {
        boolean isFile =
            source.parent().attribute("type").map(xml::value).filter("file"::equals).isPresent();
        if (isFile) {
          source
              .attribute("path")
              .map(xml::value)
              .map(path -> ownName(baseName(path), name, renaming))
              .ifPresent(own -> edit.setAttribute(source, "path", own));
        }
      }
      for (XmlElement log : xml.all(DEVICES + console + "/log")) {
        log.attribute("file")
            .map(xml::value)
            .map(path -> ownName(baseName(path), name, renaming))
            .ifPresent(own -> edit.setAttribute(log, "file", own));
      }
    }
  }

  /** Nor can they listen on one socket. */
  private void rewriteSockets(String name, Renaming renaming) {
    List<XmlElement> listeners = new ArrayList<>(xml.all(DEVICES + "graphics"));
    listeners.addAll(xml.all(DEVICES + "graphics/listen"));
    for (XmlElement listener : listeners) {
      String path = listener.attribute("socket").map(xml::value).orElse("");
      if (!path.isBlank()) {
        String directory = path.substring(0, path.lastIndexOf('/') + 1);
        edit.setAttribute(listener, "socket", directory + ownName(baseName(path), name, renaming));
      }
    }
  }

  private static String ownName(String file, String name, Renaming renaming) {
    String renamed = renaming.rename(file);
    return renamed.equals(file) ? name.replace('/', '-') + "-" + file : renamed;
  }

  private void warnOfShared(OwnFiles files, List<String> warnings) {
    for (XmlElement shared : xml.all(DEVICES + "filesystem/source")) {
      shared
          .attribute("dir")
          .map(xml::value)
          .ifPresent(
              dir ->
                  warnings.add(
                      "The clone shares the host's directory " + dir + " with its parent."));
    }
    if (!xml.all(DEVICES + "hostdev").isEmpty()) {
      warnings.add("The clone wants the same devices of the host as its parent.");
    }
    for (XmlElement nvram : xml.all("domain/os/nvram")) {
      String path = xml.value(xml.content(nvram)).strip();
      if (!path.isEmpty() && files.find(path).isEmpty()) {
        // without the element libvirt makes a file of the machine's own
        edit.remove(nvram, path);
        warnings.add(
            "The clone begins with new firmware settings: those in "
                + path
                + " lie outside the VM's directory.");
      }
    }
  }

  static String baseName(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "rewrite of domain %s", domain.name());
  }
}
