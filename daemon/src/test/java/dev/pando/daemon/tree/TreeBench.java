package dev.pando.daemon.tree;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.pando.cowstore.CowStore;
import dev.pando.cowstore.StoreException;
import dev.pando.cowstore.StoreOptions;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import jnr.ffi.Memory;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;
import org.junit.jupiter.api.function.Executable;

/** A tree over a real store in a directory, used as a process would: by path and in text. */
public final class TreeBench implements AutoCloseable {
  public static final int READ = 0;
  public static final int WRITE = 1;
  public static final int READ_WRITE = 2;
  public static final int TRUNCATE = 01000;
  public static final int EXCLUSIVE = 0200;

  /** root, as this process */
  public static final Caller CALLER = new Caller(0, 0, (int) ProcessHandle.current().pid(), 0);

  private final Path directory;
  private CowStore store;
  private PandoTree tree;

  public TreeBench(Path directory) throws StoreException {
    this.directory = directory;
    open();
  }

  private void open() throws StoreException {
    store = CowStore.open(directory, StoreOptions.defaults().withCreate(true));
    tree = PandoTree.open(store);
  }

  /** Unmounts and mounts again. */
  public void reopen() throws StoreException {
    store.close();
    open();
  }

  @Override
  public void close() throws StoreException {
    store.close();
  }

  public CowStore store() {
    return store;
  }

  public PandoTree tree() {
    return tree;
  }

  public static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  // ---- paths

  public long node(String path) throws ErrnoException {
    return attributes(path).node;
  }

  public Attributes attributes(String path) throws ErrnoException {
    Attributes attributes = new Attributes();
    tree.attributes(FileSystem.ROOT, attributes);
    for (String component : path.split("/", -1)) {
      if (!component.isEmpty()) {
        tree.lookup(attributes.node, bytes(component), attributes);
      }
    }
    return attributes;
  }

  public boolean exists(String path) throws ErrnoException {
    try {
      node(path);
      return true;
    } catch (ErrnoException e) {
      assertEquals(Errno.ENOENT, e.errno());
      return false;
    }
  }

  public long parent(String path) throws ErrnoException {
    return node(path.substring(0, Math.max(0, path.lastIndexOf('/'))));
  }

  public static byte[] name(String path) {
    return bytes(path.substring(path.lastIndexOf('/') + 1));
  }

  // ---- operations

  public long makeDirectory(String path) throws ErrnoException {
    Attributes out = new Attributes();
    tree.makeDirectory(parent(path), name(path), 0755, CALLER, out);
    return out.node;
  }

  public OpenFile create(String path) throws ErrnoException {
    return tree.create(
        parent(path), name(path), 0644, READ_WRITE | EXCLUSIVE, CALLER, new Attributes());
  }

  public OpenFile open(String path, int flags) throws ErrnoException {
    return tree.open(node(path), flags, CALLER);
  }

  /** Writes a whole file, which is made if it is not there. */
  public void write(String path, String text) throws ErrnoException {
    OpenFile file =
        tree.create(
            parent(path), name(path), 0644, READ_WRITE | TRUNCATE, CALLER, new Attributes());
    try {
      write(file, 0, text);
    } finally {
      file.release();
    }
  }

  public static void write(OpenFile file, long offset, String text) throws ErrnoException {
    byte[] bytes = bytes(text);
    Pointer memory = Memory.allocateDirect(Runtime.getSystemRuntime(), Math.max(1, bytes.length));
    memory.put(0, bytes, 0, bytes.length);
    assertEquals(bytes.length, file.write(offset, memory.address(), bytes.length));
  }

  public String read(String path) throws ErrnoException {
    OpenFile file = open(path, READ);
    try {
      return read(file);
    } finally {
      file.release();
    }
  }

  public static String read(OpenFile file) throws ErrnoException {
    int length = 1 << 16;
    Pointer memory = Memory.allocateDirect(Runtime.getSystemRuntime(), length);
    byte[] bytes = new byte[file.read(0, memory.address(), length)];
    memory.get(0, bytes, 0, bytes.length);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  public void sync(OpenFile file) {
    CompletableFuture<Integer> done = new CompletableFuture<>();
    file.sync(false, done::complete);
    assertEquals(0, done.join());
  }

  public void symlink(String path, String target) throws ErrnoException {
    tree.makeSymlink(parent(path), name(path), bytes(target), CALLER, new Attributes());
  }

  public void link(String path, String newPath) throws ErrnoException {
    tree.link(node(path), parent(newPath), name(newPath), new Attributes());
  }

  public void unlink(String path) throws ErrnoException {
    tree.unlink(parent(path), name(path));
  }

  public void removeDirectory(String path) throws ErrnoException {
    tree.removeDirectory(parent(path), name(path));
  }

  public void rename(String path, String newPath, int flags) throws ErrnoException {
    tree.rename(parent(path), name(path), parent(newPath), name(newPath), flags);
  }

  public void rename(String path, String newPath) throws ErrnoException {
    rename(path, newPath, 0);
  }

  public Attributes chmod(String path, int mode) throws ErrnoException {
    AttributeChange change = new AttributeChange();
    change.valid = AttributeChange.MODE;
    change.mode = mode;
    return setAttributes(path, change);
  }

  public Attributes setAttributes(String path, AttributeChange change) throws ErrnoException {
    Attributes out = new Attributes();
    tree.setAttributes(node(path), change, out);
    return out;
  }

  /** The names in a directory in the order of reading, without {@code .} and {@code ..}. */
  public List<String> list(String path) throws ErrnoException {
    List<String> names = new ArrayList<>();
    tree.readDirectory(
        node(path),
        2,
        false,
        (cookie, node, type, name, attributes) ->
            names.add(new String(name, StandardCharsets.UTF_8)));
    return names;
  }

  /** How many records the store holds for the tree, of all tables together. */
  public int recordCount() throws StoreException {
    int[] count = {0};
    store.scan(
        new byte[] {0},
        new byte[] {(byte) 0xff},
        (key, value) -> {
          count[0]++;
          return true;
        });
    return count[0];
  }

  public static void assertErrno(int errno, Executable executable) {
    assertEquals(errno, assertThrows(ErrnoException.class, executable).errno());
  }
}
