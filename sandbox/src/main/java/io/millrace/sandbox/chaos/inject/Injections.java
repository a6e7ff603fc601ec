package io.millrace.sandbox.chaos.inject;

import io.millrace.sandbox.chaos.spec.Fault;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * What was done to the run so far. A fault counts once it has had an effect; one that had none is done again, as often as
 * {@link #TRIES_MAX} allows. Owned by the run.
 */
public final class Injections {
    /** A fault that does nothing so often is a problem of the run. */
    public static final int TRIES_MAX = 5;

    private final List<Injection> all = new ArrayList<>();

    public void add(Injection injection) {
        all.add(injection);
    }

    /** In order, those without effect among them. */
    public List<Injection> all() {
        return Collections.unmodifiableList(all);
    }

    /** Those that count. */
    public List<Injection> done() {
        return all.stream()
                .filter(injection -> injection.effect == Injection.Effect.DONE)
                .toList();
    }

    /** How often a fault was done, with an effect or without. */
    public int tries(Fault fault) {
        return Math.toIntExact(
                all.stream().filter(injection -> injection.fault.equals(fault)).count());
    }

    /** Whether it has to be done again and may be. */
    public boolean again(Fault fault) {
        return !hasCounted(fault) && tries(fault) < TRIES_MAX;
    }

    public boolean hasCounted(Fault fault) {
        return done().stream().anyMatch(injection -> injection.fault.equals(fault));
    }

    /** Those that did nothing, in words. */
    public List<String> withoutEffect() {
        return all.stream()
                .filter(injection -> injection.effect == Injection.Effect.NONE)
                .map(injection ->
                        "fault " + injection.fault.number() + ", " + injection.fault.words() + ": " + injection.why)
                .toList();
    }
}
