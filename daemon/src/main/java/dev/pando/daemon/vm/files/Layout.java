package dev.pando.daemon.vm.files;

import dev.pando.daemon.vmware.VmFiles;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What a directory directly holds that makes it a VM.
 *
 * @param configurations the names of its {@code .vmx} files, or without any of its {@code .vmtx}
 *     files, as vSphere calls a template's: two make it ambiguous
 * @param domain without any, the name of its libvirt domain XML
 * @param hasImage whether it holds a disk image
 */
public record Layout(List<String> configurations, Optional<String> domain, boolean hasImage) {
  /** A domain's root element comes behind an XML declaration and virsh's comment. */
  private static final int DOMAIN_HEAD_BYTES = 4096;

  private static final Pattern DOMAIN = Pattern.compile("<domain[\\s>]");

  public static Layout of(Contents contents) throws MachineException {
    List<String> names = contents.paths().stream().filter(path -> !path.contains("/")).toList();
    List<String> configurations = names.stream().filter(name -> has(name, ".vmx")).toList();
    if (configurations.isEmpty()) {
      configurations = names.stream().filter(name -> has(name, ".vmtx")).toList();
    }
    Optional<String> domain = configurations.isEmpty() ? domain(contents, names) : Optional.empty();
    return new Layout(configurations, domain, names.stream().anyMatch(VmFiles::isDiskImage));
  }

  private static Optional<String> domain(Contents contents, List<String> names)
      throws MachineException {
    List<String> found = new ArrayList<>();
    for (String name : names) {
      if (isXml(name)) {
        byte[] head = contents.read(name, 0, DOMAIN_HEAD_BYTES);
        if (DOMAIN.matcher(new String(head, StandardCharsets.UTF_8)).find()) {
          found.add(name);
        }
      }
    }
    return found.stream().sorted().findFirst();
  }

  public static boolean isXml(String name) {
    return has(name, ".xml");
  }

  private static boolean has(String name, String suffix) {
    return name.toLowerCase(Locale.ROOT).endsWith(suffix);
  }

  public boolean isVm() {
    return hasImage || domain.isPresent() || !configurations.isEmpty();
  }

  public boolean isAmbiguous() {
    return configurations.size() > 1;
  }

  /** The {@code .vmx}, of a VM that is not ambiguous. */
  public Optional<String> configuration() {
    return configurations.stream().findFirst();
  }

  /** What the VM's files are named after. */
  public String stem(String directoryName) {
    return configuration()
        .or(() -> domain)
        .map(name -> name.substring(0, name.lastIndexOf('.')))
        .filter(stem -> !stem.isEmpty())
        .orElse(directoryName);
  }
}
