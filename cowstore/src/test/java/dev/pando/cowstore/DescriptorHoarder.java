package dev.pando.cowstore;

import dev.pando.cowstore.io.NativeIo;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A process that goes on with a store while it may open no file more, and afterwards. */
final class DescriptorHoarder {
  private static final int MIB = 1 << 20;

  private DescriptorHoarder() {}

  /** Argument: where to make the store. Prints what became of it, in a word or a sentence. */
  public static void main(String[] arguments) throws Exception {
    loadClasses();
    StoreOptions options = Machine.options().withIo(new NativeIo());
    try (CowStore store = CowStore.open(Path.of(arguments[0]), options)) {
      Bytes bytes = new Bytes(store);
      CowFile file = bytes.create();
      CowFile removed = bytes.create();
      CowFile late = create(store, 2);
      work(store, bytes, file, 1);
      bytes.fill(removed, 0, MIB, 1);
      store.commit();
      List<InputStream> hoard = hoard();
      for (int round = 2; round < 6; round++) {
        work(store, bytes, file, round);
      }
      store.change().removeFile(removed).apply();
      store.commit();
      boolean refused = false;
      try {
        bytes.fill(late, 0, MIB, 1); // the first of its group wants a segment of its own
      } catch (StoreException e) {
        refused = e.reason() == StoreException.Reason.IO;
      }
      store.commit();
      for (InputStream one : hoard) {
        one.close();
      }
      bytes.fill(late, 0, MIB, 2);
      work(store, bytes, late, 7);
      bytes.requireFilled(file, 0, MIB, 5);
      bytes.requireFilled(late, 0, MIB, 7);
      System.out.println(refused ? store.state() : "nothing was short");
    } catch (StoreException e) {
      System.out.println(e);
    }
  }

  /** The classes lie in a directory here, each in a file; a daemon has them in archives. */
  private static void loadClasses() throws Exception {
    for (Class<?> one : List.of(CowStore.class, DescriptorHoarder.class)) {
      Path root = Path.of(one.getProtectionDomain().getCodeSource().getLocation().toURI());
      try (Stream<Path> files = Files.walk(root.resolve("dev/pando/cowstore"))) {
        for (Path file : files.filter(path -> path.toString().endsWith(".class")).toList()) {
          String name = root.relativize(file).toString().replace('/', '.');
          name = name.substring(0, name.lastIndexOf('.'));
          Class<?> unused = Class.forName(name, one == CowStore.class, one.getClassLoader());
        }
      }
    }
  }

  private static CowFile create(CowStore store, long group) throws StoreException {
    long id = store.nextNumber();
    store.change().createFile(id, group).apply();
    return store.file(id);
  }

  private static void work(CowStore store, Bytes bytes, CowFile file, int value)
      throws StoreException, InterruptedException {
    bytes.fill(file, 0, MIB, value);
    Flush.sync(file);
    store.commit();
    bytes.requireFilled(file, 0, MIB, value);
  }

  /** Opens files until the host says no. */
  private static List<InputStream> hoard() {
    List<InputStream> hoard = new ArrayList<>();
    try {
      while (true) {
        hoard.add(new FileInputStream("/dev/null"));
      }
    } catch (IOException full) {
      return hoard;
    }
  }
}
