package dev.pando.daemon.vm.importing;

import dev.pando.daemon.qemu.DomainXml;
import dev.pando.daemon.vm.files.Contents;
import dev.pando.daemon.vm.files.Failures;
import dev.pando.daemon.vm.files.Layout;
import dev.pando.daemon.vm.files.MachineException;
import dev.pando.daemon.vmware.FileKind;
import dev.pando.daemon.vmware.FormatException;
import dev.pando.daemon.vmware.VmFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A VM on the host that is to be imported: a directory, a disk image alone, or a libvirt domain XML
 * with the files it names, wherever they lie.
 *
 * @param name what the VM is called there
 * @param directory attributes of its directory are those of this path
 * @param files all that is below it; a directory comes before what is in it
 */
public record HostSource(String name, Path directory, List<HostFile> files) {
  /** What a file of the host is. */
  public enum Type {
    DIRECTORY,
    REGULAR,
    SYMLINK
  }

  /**
   * A file.
   *
   * @param path relative to the VM's directory, joined by {@code /}
   */
  public record HostFile(String path, Path source, Type type) {
    /** The path of the directory it is in; empty for the VM's own. */
    String parent() {
      return path.substring(0, Math.max(0, path.lastIndexOf('/')));
    }

    String name() {
      return path.substring(path.lastIndexOf('/') + 1);
    }
  }

  /** Looks at what is to be imported; MISSING or REFUSED, and why, if it can not be. */
  public static HostSource of(Path source) throws MachineException {
    if (Files.notExists(source)) {
      throw MachineException.missing("There is no file or directory " + source + ".");
    }
    String last = source.getFileName() == null ? "" : source.getFileName().toString();
    if (last.isEmpty()) {
      throw MachineException.usage(source + " is the host's root. Name the directory of a VM.");
    }
    try {
      if (Files.readAttributes(source, BasicFileAttributes.class).isDirectory()) {
        Path real = source.toRealPath();
        return new HostSource(last, real, walk(real));
      }
      Path real = source.toRealPath();
      if (Files.isRegularFile(real) && Layout.isXml(last)) {
        return new HostSource(withoutSuffix(last), real.getParent(), namedBy(last, real));
      }
      if (!Files.isRegularFile(real) || !VmFiles.isDiskImage(last)) {
        throw MachineException.refused(
            source
                + " is neither a directory, nor a domain XML, nor a disk image. Name the directory"
                + " of a VM, or one of those (.xml .vmdk .qcow2 .raw .img .vdi .vhdx).");
      }
      HostFile image = new HostFile(last, real, Type.REGULAR);
      return new HostSource(withoutSuffix(last), real.getParent(), List.of(image));
    } catch (IOException e) {
      throw Failures.translate(e);
    } catch (UncheckedIOException e) {
      throw Failures.translate(e.getCause());
    }
  }

  private static String withoutSuffix(String name) {
    return name.substring(0, name.lastIndexOf('.'));
  }

  /** A domain XML and the files of the machine: what it writes, and its firmware variables. */
  private static List<HostFile> namedBy(String name, Path xml)
      throws IOException, MachineException {
    DomainXml domain;
    try {
      domain = DomainXml.parse(Files.readAllBytes(xml));
    } catch (FormatException e) {
      throw MachineException.refused(xml + " " + e.getMessage() + ". Name a VM's domain XML.");
    }
    List<String> named = new ArrayList<>();
    for (DomainXml.Disk disk : domain.disks()) {
      disk.file().filter(file -> disk.isWritten()).ifPresent(named::add);
    }
    named.addAll(domain.firmwareVariables());
    Map<String, HostFile> files = new LinkedHashMap<>();
    files.put(name, new HostFile(name, xml, Type.REGULAR));
    for (String path : new LinkedHashSet<>(named)) {
      Path file = xml.resolveSibling(path).normalize();
      if (!Files.isRegularFile(file)) {
        throw MachineException.refused(
            xml
                + " can not be imported: it refers to "
                + file
                + ", which is not there. Put it there, or correct the XML.");
      }
      String own = file.getFileName().toString();
      HostFile other = files.put(own, new HostFile(own, file.toRealPath(), Type.REGULAR));
      if (other != null && !Files.isSameFile(other.source(), file)) {
        throw MachineException.refused(
            xml
                + " can not be imported: two of its files are called "
                + own
                + ". Rename one, in the XML too.");
      }
    }
    return List.copyOf(files.values());
  }

  private static List<HostFile> walk(Path directory) throws IOException, MachineException {
    List<HostFile> files = new ArrayList<>();
    List<Path> paths;
    try (Stream<Path> walk = Files.walk(directory)) {
      paths = walk.sorted().toList();
    }
    for (Path path : paths) {
      String relative = directory.relativize(path).toString();
      if (relative.isEmpty()) {
        continue;
      }
      boolean lock = isLock(path);
      if (Files.isSymbolicLink(path)) {
        files.add(new HostFile(relative, path, Type.SYMLINK));
      } else if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
        if (!lock) {
          files.add(new HostFile(relative, path, Type.DIRECTORY));
        }
      } else if (Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
        if (lock || isLock(path.getParent())) {
          throw MachineException.refused(
              directory
                  + " can not be imported: the lock "
                  + relative
                  + " stands there, so the VM runs or crashed. Shut it down, or remove the lock if"
                  + " nothing runs.");
        }
        files.add(new HostFile(relative, path, Type.REGULAR));
      } // else a socket, fifo or device: it belongs to the host
    }
    return files;
  }

  private static boolean isLock(Path path) {
    return VmFiles.kind(String.valueOf(path.getFileName()), "") == FileKind.LOCK;
  }

  public Contents contents() throws MachineException {
    Map<String, Path> regular = new LinkedHashMap<>();
    Map<String, String> links = new LinkedHashMap<>();
    try {
      for (HostFile file : files) {
        if (file.type() == Type.REGULAR) {
          regular.put(file.path(), file.source());
        } else if (file.type() == Type.SYMLINK) {
          links.put(file.path(), Files.readSymbolicLink(file.source()).toString());
        }
      }
    } catch (IOException e) {
      throw Failures.translate(e);
    }
    return Contents.ofHost(regular, links);
  }
}
