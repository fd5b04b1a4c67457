package dev.pando.daemon.fuse.kernel;

import dev.pando.daemon.fuse.Linux;
import dev.pando.daemon.tree.Errno;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A mount that nobody serves yet, made by a process that is about to become its keeper: the way of
 * users who are not root, whose device comes through a socket, which no shell can take.
 *
 * @param devices descriptors, the first of them mounted, the others its clones
 * @param memory descriptor of the {@link MountMemory}
 * @param minor of the mount's device
 * @param mountpoint where it is mounted
 */
public record LeftMount(List<Integer> devices, int memory, int minor, Path mountpoint) {
  public LeftMount {
    devices = List.copyOf(devices);
  }

  /**
   * Becomes the keeper: this program ends here, the process goes on as that script. Returns only by
   * an exception.
   *
   * @param log where it is told what becomes of the mount
   * @param arguments for the daemons that it starts
   */
  public void become(Path script, Path log, List<String> arguments) throws IOException {
    List<Integer> held = new ArrayList<>(devices);
    held.add(memory);
    for (int fd : held) {
      if (Linux.LIBC.fcntl(fd, Linux.F_SETFD, 0) < 0) {
        throw new IOException("descriptor " + fd + " can not be kept: errno " + Linux.errno());
      }
    }
    List<String> command =
        new ArrayList<>(
            List.of(
                "bash",
                script.toString(),
                "--adopt",
                devices.stream().map(String::valueOf).collect(Collectors.joining(",")),
                Integer.toString(memory),
                Integer.toString(minor),
                log.toString()));
    command.addAll(arguments);
    Linux.LIBC.execvp(command.get(0), command.toArray(CharSequence[]::new));
    int errno = Linux.errno();
    throw new IOException(
        errno == Errno.ENOENT ? "there is no bash" : "bash can not be run: errno " + errno);
  }
}
