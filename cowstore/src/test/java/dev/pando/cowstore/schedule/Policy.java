package dev.pando.cowstore.schedule;

import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Who goes on at each step of a race. Each schedule's number gives one of these, and the choices it
 * makes.
 */
abstract class Policy {
  /** Who was made the last has less. */
  static final long LAST = 1 << 20;

  final Random random;

  Policy(long number) {
    random = new Random(number * 0xbf58476d1ce4e5b9L + 0x94d049bb133111ebL);
  }

  /** Whether the running strand may be the last now. */
  abstract boolean changes(Strand running, int site);

  /**
   * Chooses.
   *
   * @param running who has run so far, or null if it can not go on
   * @param ready who can go on, by rising index, not empty
   * @param timed who waits with a deadline: chosen, its time is over
   */
  abstract Strand choose(Strand running, List<Strand> ready, List<Strand> timed);

  /** A strand was made, or began to race. */
  void joined(Strand strand) {
    strand.priority = LAST + random.nextInt(1 << 20);
  }

  /** The policy of a schedule. */
  static Policy of(long number, Known known) {
    if (number < Search.PROBES) {
      return new InTurn(number);
    }
    return switch ((int) (number % 8)) {
      case 0 -> new Priorities(number, known.steps());
      case 4 -> new RandomWalk(number);
      default -> new Ambush(number, known);
    };
  }

  /** Each goes on until it waits. */
  static final class InTurn extends Policy {
    InTurn(long number) {
      super(number);
    }

    @Override
    boolean changes(Strand running, int site) {
      return false;
    }

    @Override
    Strand choose(Strand running, List<Strand> ready, List<Strand> timed) {
      return running != null ? running : ready.get(random.nextInt(ready.size()));
    }
  }

  /** Changes at random steps to a random strand. */
  static final class RandomWalk extends Policy {
    private final int length;

    RandomWalk(long number) {
      super(number);
      length = 2 << (2 * random.nextInt(3)); // steps between two changes: 2, 8, 32
    }

    @Override
    boolean changes(Strand running, int site) {
      return random.nextInt(length) == 0;
    }

    @Override
    Strand choose(Strand running, List<Strand> ready, List<Strand> timed) {
      boolean late = !timed.isEmpty() && random.nextInt(8) == 0;
      List<Strand> among = late ? timed : ready;
      return among.get(random.nextInt(among.size()));
    }
  }

  /**
   * Probabilistic concurrency testing (Burckhardt et al., ASPLOS 2010): the strand with the highest
   * priority goes on, priorities are random, and at a few points the running strand becomes the
   * last, or time passes.
   */
  private abstract static class ByPriority extends Policy {
    private static final Comparator<Strand> BY_PRIORITY = Comparator.comparing(s -> s.priority);
    private static final Comparator<Strand> BY_DEADLINE = Comparator.comparing(s -> s.deadline);

    private boolean atPoint;
    private long lowest = LAST;

    ByPriority(long number) {
      super(number);
    }

    abstract boolean isPoint(Strand running, int site);

    /** How many points: most faults need one, each more undoes what another began. */
    int points() {
      return random.nextBoolean() ? 1 : 1 + random.nextInt(3);
    }

    @Override
    boolean changes(Strand running, int site) {
      atPoint = isPoint(running, site);
      return atPoint;
    }

    @Override
    Strand choose(Strand running, List<Strand> ready, List<Strand> timed) {
      if (running != null && atPoint) {
        atPoint = false;
        boolean tasksWait = timed.stream().anyMatch(Strand::isTask);
        if (!timed.isEmpty() && random.nextInt(16) < (tasksWait ? 8 : 1)) {
          return raised(oneOf(timed));
        }
        running.priority = --lowest;
      }
      Strand first = Collections.max(ready, BY_PRIORITY);
      // who was made the last is slower than the clock, mostly
      int haste = first.priority < LAST ? 12 : 1;
      if (running == null && !timed.isEmpty() && random.nextInt(16) < haste) {
        return haste == 1 ? oneOf(timed) : Collections.min(timed, BY_DEADLINE);
      }
      return first;
    }

    /** One of the tasks among them, more often than not. */
    private Strand oneOf(List<Strand> timed) {
      List<Strand> tasks = timed.stream().filter(Strand::isTask).toList();
      List<Strand> among = tasks.isEmpty() || random.nextInt(4) == 0 ? timed : tasks;
      return among.get(random.nextInt(among.size()));
    }

    private static Strand raised(Strand strand) {
      strand.priority += 1 << 21;
      return strand;
    }
  }

  /** The points are steps. */
  private static final class Priorities extends ByPriority {
    private final long[] points;
    private long step;

    Priorities(long number, int steps) {
      super(number);
      points = random.longs(points(), 0, Math.max(1, steps)).toArray();
    }

    @Override
    boolean isPoint(Strand running, int site) {
      step++;
      return Arrays.stream(points).anyMatch(point -> point == step);
    }
  }

  /**
   * The points are places, each of one strand, when that passes it for the n-th time: of the steps
   * of a loop most are alike, and a window of two steps outside of it counts as much as they do.
   */
  private static final class Ambush extends ByPriority {
    private final String[] names;
    private final int[] sites;
    private final int[] passes;

    Ambush(long number, Known known) {
      super(number);
      int points = points();
      names = new String[points];
      sites = new int[points];
      passes = new int[points];
      List<Place> all = known.places();
      // the first point goes round, so that each place has its turn; one number of four is no
      // ambush
      int turn = (int) ((number - number / 4) % all.size());
      for (int i = 0; i < points; i++) {
        Place place = all.get(i == 0 ? turn : random.nextInt(all.size()));
        names[i] = place.strand();
        sites[i] = place.site();
        passes[i] = 1;
        while (passes[i] < place.passes() && random.nextBoolean()) {
          passes[i]++;
        }
      }
    }

    @Override
    void joined(Strand strand) {
      super.joined(strand);
      if (strand.name.equals(names[0]) && random.nextInt(4) != 0) {
        strand.priority += 1 << 20; // it gets there before the others begin
      }
    }

    @Override
    boolean isPoint(Strand running, int site) {
      for (int i = 0; i < sites.length; i++) {
        if (sites[i] == site && running.name.equals(names[i]) && --passes[i] == 0) {
          return true;
        }
      }
      return false;
    }
  }

  /** Where a strand passes, and how often. */
  private record Place(String strand, int site, int passes) {}

  /** What schedules in which each strand goes on until it waits have shown of the races to come. */
  static final class Known {
    private final Map<String, Map<Integer, Integer>> sites = new TreeMap<>();
    private int steps;

    /** Adds what one has shown. */
    void add(int raceSteps, Map<String, Map<Integer, Integer>> passed) {
      steps = Math.max(steps, raceSteps);
      passed.forEach(
          (name, counts) -> {
            Map<Integer, Integer> most = sites.computeIfAbsent(name, unused -> new TreeMap<>());
            counts.forEach((site, count) -> most.merge(site, count, Math::max));
          });
    }

    int steps() {
      return steps;
    }

    /** Where who passes. */
    List<Place> places() {
      return sites.keySet().stream().flatMap(this::of).toList();
    }

    private Stream<Place> of(String strand) {
      return sites.get(strand).entrySet().stream()
          .map(counted -> new Place(strand, counted.getKey(), counted.getValue()));
    }
  }
}
