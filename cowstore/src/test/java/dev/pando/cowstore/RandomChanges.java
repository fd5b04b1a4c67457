package dev.pando.cowstore;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pando.cowstore.model.ModelChange;
import dev.pando.cowstore.model.ModelFile;
import dev.pando.cowstore.model.ModelStore;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/** Random Changes, applied to a store and to its model. Each tells what it did. */
final class RandomChanges {
  private static final int GROUPS = 3;
  private static final int LARGEST_KEY_BYTES = 480;
  private static final int LARGEST_VALUE_BYTES = 6000;
  private static final int MOST_RECORDS = 60;

  private final Random random;
  private final Machine machine;
  private final ModelStore model;
  private final Set<Long> used = new HashSet<>();
  private final Map<Long, Long> makers = new HashMap<>();

  RandomChanges(Random random, Machine machine, ModelStore model) {
    this.random = random;
    this.machine = machine;
    this.model = model;
  }

  /** The number of the Change that made this file, 0 if it is surely durable. */
  long makerOf(long fileId) {
    return makers.getOrDefault(fileId, 0L);
  }

  /** All Changes that survived a power loss are durable; the numbers of the others come again. */
  void settled() {
    makers.clear();
    used.retainAll(model.files().stream().map(ModelFile::id).toList());
  }

  /** The store never hands out the number of a file again. */
  long requireFreshNumber() {
    long number = machine.store().nextNumber();
    assertTrue(number >= 2 && !used.contains(number), "number " + number + " came again");
    return number;
  }

  String create() throws StoreException {
    Both both = new Both();
    long id = both.create();
    both.apply();
    return "create " + id;
  }

  void removeAll() throws StoreException {
    Both both = new Both();
    for (ModelFile file : model.files()) {
      both.remove(file.id());
    }
    both.apply();
  }

  /** A Change of one or several things around a file. */
  String change(ModelFile file, boolean mayFork) throws StoreException {
    Both both = new Both();
    int kind = random.nextInt(20);
    if (kind < 9 && mayFork) {
      both.fork(file);
      if (random.nextInt(4) == 0) {
        List<ModelFile> files = model.files();
        both.fork(files.get(random.nextInt(files.size())));
      }
      if (random.nextInt(4) == 0) {
        both.record();
      }
    } else if (kind < 12) {
      both.remove(file.id());
    } else if (kind < 15) {
      both.freezeOrThaw(file.id());
    } else {
      for (int i = random.nextInt(4); i >= 0; i--) {
        both.record();
      }
    }
    both.apply();
    return both.toString();
  }

  /** A Change of the store and the one of the model. */
  private final class Both {
    private final Change change = machine.store().change();
    private final ModelChange modelChange = model.change();
    private final Set<Long> made = new HashSet<>();
    private final StringBuilder story = new StringBuilder("Change");

    long create() {
      long id = requireFreshNumber();
      change.createFile(id, random.nextInt(GROUPS));
      modelChange.createFile(id);
      use(id);
      return id;
    }

    void fork(ModelFile source) throws StoreException {
      long id = requireFreshNumber();
      story.append(", fork ").append(source.id()).append(" to ").append(id);
      change.fork(machine.store().file(source.id()), id, random.nextInt(GROUPS));
      modelChange.fork(source, id);
      use(id);
    }

    private void use(long id) {
      made.add(id);
      used.add(id);
    }

    void remove(long id) throws StoreException {
      story.append(", remove ").append(id);
      change.removeFile(machine.store().file(id));
      modelChange.removeFile(id);
    }

    void freezeOrThaw(long id) throws StoreException {
      CowFile file = machine.store().file(id);
      if (model.isFrozen(id)) {
        story.append(", thaw ").append(id);
        change.thaw(file);
        modelChange.thaw(id);
      } else {
        story.append(", freeze ").append(id);
        change.freeze(file);
        modelChange.freeze(id);
      }
    }

    void record() {
      List<byte[]> keys = model.keys();
      if (keys.size() > 1 && (keys.size() >= MOST_RECORDS || random.nextInt(3) == 0)) {
        byte[] key = keys.get(1 + random.nextInt(keys.size() - 1));
        story.append(", remove record of ").append(key.length);
        change.remove(key);
        modelChange.remove(key);
        return;
      }
      byte[] key = new byte[1 + random.nextInt(random.nextBoolean() ? 12 : LARGEST_KEY_BYTES)];
      byte[] value = new byte[random.nextInt(LARGEST_VALUE_BYTES)];
      random.nextBytes(key);
      random.nextBytes(value);
      key[0] = 1;
      story.append(", put record of ").append(key.length).append('+').append(value.length);
      change.put(key, value);
      modelChange.put(key, value);
    }

    void apply() throws StoreException {
      byte[] count = model.nextCount();
      change.put(ModelStore.countKey(), count);
      modelChange.put(ModelStore.countKey(), count);
      change.apply();
      modelChange.apply();
      made.forEach(id -> makers.put(id, model.changes()));
    }

    @Override
    public String toString() {
      return story.toString();
    }
  }
}
