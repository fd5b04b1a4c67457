package dev.pando.daemon.vm.files;

import dev.pando.daemon.tree.ErrnoException;
import dev.pando.daemon.tree.TreeView;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The files of a VM's directory, in the tree or on the host, by relative path. */
public interface Contents {
  /** The paths of all regular files. */
  List<String> paths();

  /** What each symbolic link refers to, by the link's path. */
  Map<String, String> links() throws MachineException;

  /** The size of one of {@link #paths}. */
  long sizeBytes(String path) throws MachineException;

  /** Up to {@code length} bytes at {@code offset} of one of {@link #paths}. */
  byte[] read(String path, long offset, int length) throws MachineException;

  /** Those of a directory of the tree. */
  static Contents ofTree(TreeView view, List<VmFile> files) {
    Map<String, Long> nodes = new LinkedHashMap<>();
    for (VmFile file : files) {
      if (file.node().isRegular()) {
        nodes.put(file.path(), file.node().number());
      }
    }
    return new Contents() {
      @Override
      public List<String> paths() {
        return List.copyOf(nodes.keySet());
      }

      @Override
      public Map<String, String> links() throws MachineException {
        Map<String, String> links = new LinkedHashMap<>();
        try {
          for (VmFile file : files) {
            if (file.isSymlink()) {
              byte[] target = view.target(file.node().number());
              links.put(file.path(), new String(target, StandardCharsets.UTF_8));
            }
          }
        } catch (ErrnoException e) {
          throw Failures.translate(e);
        }
        return links;
      }

      @Override
      public long sizeBytes(String path) throws MachineException {
        try {
          return view.node(nodes.get(path)).sizeBytes();
        } catch (ErrnoException e) {
          throw Failures.translate(e);
        }
      }

      @Override
      public byte[] read(String path, long offset, int length) throws MachineException {
        try {
          return view.read(nodes.get(path), offset, length);
        } catch (ErrnoException e) {
          throw Failures.translate(e);
        }
      }
    };
  }

  /** Those of the host, by the paths they are to have. */
  static Contents ofHost(Map<String, Path> files, Map<String, String> links) {
    return new Contents() {
      @Override
      public List<String> paths() {
        return List.copyOf(files.keySet());
      }

      @Override
      public Map<String, String> links() {
        return links;
      }

      @Override
      public long sizeBytes(String path) throws MachineException {
        try {
          return Files.size(files.get(path));
        } catch (IOException e) {
          throw Failures.translate(e);
        }
      }

      @Override
      public byte[] read(String path, long offset, int length) throws MachineException {
        ByteBuffer buffer = ByteBuffer.allocate(length);
        try (FileChannel channel = FileChannel.open(files.get(path))) {
          while (buffer.hasRemaining()) {
            if (channel.read(buffer, offset + buffer.position()) < 0) {
              break;
            }
          }
        } catch (IOException e) {
          throw Failures.translate(e);
        }
        return Arrays.copyOf(buffer.array(), buffer.position());
      }
    };
  }
}
