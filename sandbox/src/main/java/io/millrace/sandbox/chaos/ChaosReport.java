package io.millrace.sandbox.chaos;

import io.millrace.sandbox.chaos.inject.Injection;
import io.millrace.sandbox.chaos.spec.Fault;
import io.millrace.sandbox.chaos.spec.FaultKind;
import io.millrace.sandbox.chaos.spec.Role;
import io.millrace.sandbox.oracle.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A run's outcome.
 *
 * @param recoveries of every fault that had an effect, in order
 * @param restarts processes started again
 * @param cleanStops processes that ended with 0 after SIGTERM during the faults
 * @param uncleanStops last words of those that did not
 * @param ownEnds last words of processes that ended without being told to
 * @param notRun faults that the machine has no means for, with the reason
 * @param withoutEffect faults that met nothing to break and were done again, with the reason
 * @param problems what went wrong besides the oracle's findings: recoveries past their limit, a run that did not drain, a
 *     process that did not stop cleanly at the end
 * @param verdict null when the run did not come so far
 * @param auditFindings of {@code millrace audit}; -1 when the run did not come so far
 */
record ChaosReport(
        long seed,
        int faultsPlanned,
        double seconds,
        List<Recovery> recoveries,
        int restarts,
        int cleanStops,
        List<String> uncleanStops,
        List<String> ownEnds,
        List<String> notRun,
        List<String> withoutEffect,
        List<String> problems,
        @Nullable Verdict verdict,
        long auditFindings) {
    ChaosReport {
        recoveries = List.copyOf(recoveries);
        uncleanStops = List.copyOf(uncleanStops);
        ownEnds = List.copyOf(ownEnds);
        notRun = List.copyOf(notRun);
        withoutEffect = List.copyOf(withoutEffect);
        problems = List.copyOf(problems);
    }

    /**
     * One fault as it went.
     *
     * @param recoveryMs from its end to the recovery; null when there was none within the limit
     */
    record Recovery(
            int number,
            String kind,
            String role,
            int instance,
            long beganMs,
            long durationMs,
            @Nullable Long recoveryMs) {
        static Recovery of(Injection injection) {
            Fault fault = injection.fault;
            return new Recovery(
                    fault.number(),
                    fault.kind().word(),
                    fault.role().word(),
                    fault.instance() + 1,
                    injection.beganMs,
                    Math.max(0, injection.endedMs - injection.beganMs),
                    injection.recoveredMs > 0 ? injection.recoveryMs() : null);
        }
    }

    boolean good() {
        return problems.isEmpty()
                && auditFindings == 0
                && verdict != null
                && verdict.clean()
                && recoveries.size() + notRun.size() == faultsPlanned
                && recoveries.stream().allMatch(recovery -> recovery.recoveryMs() != null);
    }

    /** The tables, also fit for a terminal. */
    List<String> markdown() {
        List<String> lines = new ArrayList<>();
        lines.add(String.format(
                Locale.ROOT,
                "Seed %d: %d of %d faults in %.0f s; %d processes started again, %d ended without being told to.",
                seed,
                recoveries.size(),
                faultsPlanned,
                seconds,
                restarts,
                ownEnds.size()));
        if (!notRun.isEmpty()) {
            lines.add("");
            lines.add(notRun.size() + " more could not be done on this machine: no rights to mount a file system.");
        }
        if (!withoutEffect.isEmpty()) {
            lines.add("");
            lines.add(withoutEffect.size() + (withoutEffect.size() == 1 ? " time" : " times")
                    + " a fault had no effect; each was done again and is counted once.");
        }
        lines.add("");
        table(lines, "role", List.of(Role.values()), Role::word, Recovery::role);
        lines.add("");
        table(lines, "kind", List.of(FaultKind.values()), FaultKind::word, Recovery::kind);
        lines.add("");
        Verdict judged = verdict;
        if (judged != null) {
            verdict(lines, judged);
            figure(lines, "findings of `millrace audit`, differences from the oracle among them", auditFindings);
        }
        return lines;
    }

    private <E> void table(
            List<String> lines, String title, List<E> rows, Function<E, String> word, Function<Recovery, String> of) {
        lines.add("| " + title + " | faults | recovered | median s | worst s |");
        lines.add("|---|---:|---:|---:|---:|");
        for (E value : rows) {
            row(
                    lines,
                    word.apply(value),
                    recoveries.stream()
                            .filter(recovery -> of.apply(recovery).equals(word.apply(value)))
                            .toList());
        }
        row(lines, "all", recoveries);
    }

    private static void row(List<String> lines, String name, List<Recovery> faults) {
        List<Long> times = faults.stream()
                .map(Recovery::recoveryMs)
                .filter(java.util.Objects::nonNull)
                .sorted()
                .toList();
        if (faults.isEmpty()) {
            return;
        }
        String median = times.isEmpty() ? "-" : seconds(times.get(times.size() / 2));
        String worst = times.isEmpty() ? "-" : seconds(times.getLast());
        lines.add("| " + name + " | " + faults.size() + " | " + times.size() + " | " + median + " | " + worst + " |");
    }

    private static String seconds(long ms) {
        return String.format(Locale.ROOT, "%.1f", ms / 1000.0);
    }

    private static void verdict(List<String> lines, Verdict verdict) {
        lines.add("| outcome | |");
        lines.add("|---|---:|");
        figure(lines, "groups admitted", verdict.admitted());
        figure(lines, "trained", verdict.trained());
        if (verdict.discarded().isEmpty()) {
            figure(lines, "discarded with a reason", 0);
        }
        new TreeMap<>(verdict.discarded()).forEach((reason, groups) -> figure(lines, "discarded: " + reason, groups));
        figure(lines, "abandoned with a cause", verdict.abandoned());
        figure(lines, "**forgotten at the end**", verdict.forgotten());
        figure(lines, "**lost**", verdict.lost());
        figure(lines, "**trained twice**", verdict.trainedTwice());
        figure(lines, "**handed over stale**", verdict.stale());
        figure(lines, "**handed over with tokens of later or abandoned weights**", verdict.future());
        figure(lines, "steps acknowledged", verdict.steps());
        figure(
                lines,
                "of them repeated from the record by a later lineage",
                verdict.lineages().stream()
                        .mapToLong(Verdict.LineageFigures::replayed)
                        .sum());
        figure(lines, "lineages", verdict.lineages().size());
        figure(lines, "batches received again, unchanged", verdict.receivedAgain());
        figure(lines, "attempts reissued", verdict.reissued());
        figure(lines, "results published", verdict.results());
        figure(lines, "of them in parts", verdict.resultsInParts());
        figure(lines, "rejected", verdict.rejected());
        figure(lines, "results lost by the broker with the end of its log", verdict.resultsVanished());
        lines.add(String.format(
                Locale.ROOT,
                "| results of groups that had one (dropped) | %d (%.1f %%) |",
                verdict.resultsRepeated(),
                verdict.results() == 0 ? 0 : 100.0 * verdict.resultsRepeated() / verdict.results()));
        figure(lines, "generations", verdict.generations());
        lines.add(String.format(
                Locale.ROOT,
                "| **generations repeated** | %d (%.1f %%) |",
                verdict.generationsRepeated(),
                verdict.generations() == 0 ? 0 : 100.0 * verdict.generationsRepeated() / verdict.generations()));
        figure(lines, "generations cut short", verdict.generationsCutShort());
        figure(lines, "evaluations asked for", verdict.evaluations().asked());
        figure(lines, "evaluations complete", verdict.evaluations().complete());
        figure(lines, "records written by an enemy", verdict.hostile());
        figure(lines, "findings of the oracle", verdict.findingsTotal());
    }

    private static void figure(List<String> lines, String name, long value) {
        lines.add("| " + name + " | " + value + " |");
    }
}
