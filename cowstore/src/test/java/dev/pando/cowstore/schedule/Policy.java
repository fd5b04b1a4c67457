package dev.pando.cowstore.schedule;

import java.util.Arrays;
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
    strand.priority = (1L << 20) | random.nextInt(1 << 20);
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
    private boolean atPoint;
    private long lowest = 1 << 20;

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
        boolean taskIsReady =
            ready.stream().anyMatch(strand -> strand != running && strand.isTask());
        if (!timed.isEmpty() && (taskIsReady ? random.nextInt(8) == 0 : random.nextInt(4) != 0)) {
          return raised(oneOf(timed));
        }
        running.priority = --lowest;
      }
      if (running == null && !timed.isEmpty() && random.nextInt(16) == 0) {
        return timed.get(random.nextInt(timed.size()));
      }
      Strand first = ready.get(0);
      for (Strand strand : ready) {
        if (strand.priority > first.priority) {
          first = strand;
        }
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
      for (int i = 0; i < points; i++) {
        List<Place> among = known.places(random);
        Place place = among.get(random.nextInt(among.size()));
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

    /** Places of one task, or of what goes on in the background. */
    List<Place> places(Random random) {
      List<String> tasks = sites.keySet().stream().filter(Strand::isTask).toList();
      String task = tasks.get(random.nextInt(tasks.size()));
      List<Place> background =
          sites.keySet().stream().filter(name -> !Strand.isTask(name)).flatMap(this::of).toList();
      boolean inBackground = !background.isEmpty() && random.nextBoolean();
      return inBackground ? background : of(task).toList();
    }

    private Stream<Place> of(String strand) {
      return sites.get(strand).entrySet().stream()
          .map(counted -> new Place(strand, counted.getKey(), counted.getValue()));
    }

    /** How many there are. */
    long places() {
      return sites.values().stream().flatMap(counts -> counts.keySet().stream()).distinct().count();
    }
  }
}
