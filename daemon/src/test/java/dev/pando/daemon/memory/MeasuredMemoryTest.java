package dev.pando.daemon.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MeasuredMemoryTest {
  @TempDir private Path root;

  private void write(String file, String text) throws IOException {
    Path path = root.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
  }

  private void machine() throws IOException {
    write(
        "proc/meminfo",
        "MemTotal:       16777216 kB\nMemFree:  1 kB\nMemAvailable:   8388608 kB\nHugePages: 0\n");
  }

  @Test
  void withoutAControlGroupItIsTheMachines() throws IOException {
    machine();
    assertEquals(
        new MeasuredMemory(16 * Units.GIB, 8 * Units.GIB, false), MeasuredMemory.read(root));
  }

  @Test
  void theSmallestLimitAboveCounts() throws IOException {
    machine();
    write("proc/self/cgroup", "0::/a/b\n");
    write("sys/fs/cgroup/a/memory.max", "4294967296\n");
    write("sys/fs/cgroup/a/memory.current", "3221225472\n");
    write("sys/fs/cgroup/a/memory.stat", "anon 5\ninactive_file 1073741824\n");
    write("sys/fs/cgroup/a/b/memory.max", "max\n");
    assertEquals(new MeasuredMemory(4 * Units.GIB, 2 * Units.GIB, true), MeasuredMemory.read(root));
  }

  @Test
  void theFirstVersionOfControlGroupsIsReadToo() throws IOException {
    machine();
    write("proc/self/cgroup", "4:cpu,cpuacct:/\n3:memory:/docker/x\n");
    write("sys/fs/cgroup/memory/docker/x/memory.limit_in_bytes", "2147483648\n");
    write("sys/fs/cgroup/memory/docker/x/memory.usage_in_bytes", "1073741824\n");
    assertEquals(new MeasuredMemory(2 * Units.GIB, Units.GIB, true), MeasuredMemory.read(root));
  }

  @Test
  void thisMachineCanBeRead() throws IOException {
    MeasuredMemory now = MeasuredMemory.now();
    assertTrue(now.availableBytes() > 0 && now.availableBytes() <= now.totalBytes(), now::toString);
  }
}
