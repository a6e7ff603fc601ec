package io.millrace.worker.generator;

import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** The generators by name: those of the class path, beside the worker's own. Immutable. */
public final class Generators {
    /** The worker's own: one turn a sample. */
    public static final String SINGLE_TURN = "single-turn";

    /** The worker's own: agents outside it, by HTTP. */
    public static final String HTTP = "http";

    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9_-]{0,63}");
    private static final Set<String> OWN = Set.of(SINGLE_TURN, HTTP);

    private final SortedMap<String, Generator> byName = new TreeMap<>();

    /** @throws IllegalArgumentException when two have one name, or one has a name that it cannot have */
    Generators(Iterable<Generator> generators) {
        for (Generator generator : generators) {
            String name = generator.name();
            String type = generator.getClass().getName();
            if (!NAME.matcher(name).matches()) {
                throw new IllegalArgumentException("the generator " + type + " is called '" + name
                        + "'; a name has 1 to 64 lower-case letters, digits, _ and -");
            }
            Generator other = byName.put(name, generator);
            if (other != null || OWN.contains(name)) {
                throw new IllegalArgumentException("two generators are called '" + name + "': "
                        + (other == null ? "the worker's own" : other.getClass().getName()) + " and " + type);
            }
        }
    }

    /**
     * Those of the class path.
     *
     * @throws IllegalArgumentException when one cannot be made, or as the constructor
     */
    public static Generators installed() {
        try {
            return new Generators(ServiceLoader.load(Generator.class));
        } catch (ServiceConfigurationError e) {
            throw new IllegalArgumentException("a generator of the class path cannot be used: " + e.getMessage(), e);
        }
    }

    /** @throws IllegalArgumentException when none of the class path, nor one of the worker's own, is called that */
    public void check(String name) {
        if (!OWN.contains(name) && !byName.containsKey(name)) {
            throw new IllegalArgumentException("no generator is called '" + name + "'; known: " + known());
        }
    }

    private String known() {
        Set<String> names = new TreeSet<>(OWN);
        names.addAll(byName.keySet());
        return String.join(", ", names);
    }

    /** @throws IllegalArgumentException when none of the class path is called that */
    public Generator named(String name) {
        Generator generator = byName.get(name);
        if (generator == null) {
            throw new IllegalArgumentException("no generator is called '" + name + "'; known: " + known());
        }
        return generator;
    }
}
